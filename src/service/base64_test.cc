// SPDX-License-Identifier: Apache-2.0
#include "base64.h"

#include <random>

#include <gtest/gtest.h>

namespace aegis::service {
namespace {

TEST(Base64, rfc4648_section10) {
  const std::pair<const char*, const char*> vectors[] = {{"", ""},
                                                         {"f", "Zg=="},
                                                         {"fo", "Zm8="},
                                                         {"foo", "Zm9v"},
                                                         {"foob", "Zm9vYg=="},
                                                         {"fooba", "Zm9vYmE="},
                                                         {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : vectors) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64, any_bytes_come_back) {
  std::mt19937_64 random(5);
  for (std::size_t size = 0; size < 300; ++size) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    EXPECT_EQ(from_base64(to_base64(bytes)), bytes);
  }
}

TEST(Base64, anything_else_is_refused) {
  for (const char* text : {"Zg", "Zg=", "Z===", "====", "=", "Zm9v=", "Zm=v", "Zm9v\n", "Zm9 ",
                           "Zm9-", "Zh==", "Zm9=", "Zg==Zg=="}) {
    EXPECT_FALSE(from_base64(text)) << text;
  }
}

}  // namespace
}  // namespace aegis::service
