// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace aegis {

// Room for a product of two 64-bit numbers, as GCC and Clang offer it.
__extension__ using Int128 = __int128;
__extension__ using Uint128 = unsigned __int128;

}  // namespace aegis
