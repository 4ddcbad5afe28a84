// SPDX-License-Identifier: Apache-2.0
#include "declaration_codec.h"

#include "byte_codec.h"

namespace aegis::trace {

namespace {

template <class Codec>
void fields(Codec& codec, SessionDeclaration& d) {
  codec(d.program, d.machine, d.workload, d.real_time, d.real_time_note, d.start_time_ns,
        d.start_unix_ns);
}

template <class Codec>
void fields(Codec& codec, LaneDeclaration& d) {
  codec(d.id, d.name, d.device, d.cpu, d.policy, d.admitted, d.release_overhead,
        d.dispatch_overhead, d.completion_overhead, d.lost_supply, d.clock_error);
}

template <class Codec>
void fields(Codec& codec, TaskDeclaration& d) {
  codec(d.id, d.lane, d.name, d.backend, d.period, d.deadline, d.release_jitter, d.priority,
        d.overload, d.segment_wcets, d.response_bound, d.batch);
}

template <class Codec>
void fields(Codec& codec, DecisionDeclaration& d) {
  codec(d.time_ns, d.task, d.kind, d.outcome, d.rationale);
}

template <class Kind>
std::optional<Declaration> decode_as(Decoder& decoder) {
  Kind declaration;
  fields(decoder, declaration);
  if (!decoder.complete()) return std::nullopt;
  return Declaration{std::move(declaration)};
}

}  // namespace

std::vector<std::byte> encode(const Declaration& declaration) {
  Encoder encoder;
  encoder(static_cast<std::uint8_t>(declaration.index()));
  std::visit([&](auto copy) { fields(encoder, copy); }, declaration);
  return encoder.bytes();
}

std::optional<Declaration> decode_declaration(std::span<const std::byte> bytes) {
  Decoder decoder(bytes);
  std::uint8_t kind = 0xff;
  decoder(kind);
  switch (kind) {
    case 0:
      return decode_as<SessionDeclaration>(decoder);
    case 1:
      return decode_as<LaneDeclaration>(decoder);
    case 2:
      return decode_as<TaskDeclaration>(decoder);
    case 3:
      return decode_as<DecisionDeclaration>(decoder);
    default:
      return std::nullopt;
  }
}

}  // namespace aegis::trace
