#include "api/request_fault.h"

#include <google/protobuf/descriptor.h>

#include "api/wire.h"
#include "base/error.h"

namespace immudb::api {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

// Whether `text` is UTF-8 as the protocol demands of its strings: shortest forms, no surrogates,
// nothing above U+10FFFF.
bool IsUtf8(BytesView text) {
  std::size_t i = 0;
  while (i < text.size()) {
    const std::uint8_t lead = text[i];
    if (lead < 0x80) {
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    if (lead < 0xc2 || lead > 0xf4 || i + length > text.size()) return false;
    for (std::size_t k = 1; k < length; ++k) {
      if ((text[i + k] & 0xc0) != 0x80) return false;
    }
    const std::uint8_t next = text[i + 1];
    if ((lead == 0xe0 && next < 0xa0) || (lead == 0xed && next > 0x9f) ||
        (lead == 0xf0 && next < 0x90) || (lead == 0xf4 && next > 0x8f)) {
      return false;
    }
    i += length;
  }
  return true;
}

// The depth of nesting is bounded by the schema: no message of it contains itself.
Status Check(const Descriptor& type, BytesView message, bool& has_bad_text) {
  WireReader reader(message);
  while (!reader.done()) {
    IMMUDB_ASSIGN(const WireField field, reader.Next());
    if (field.type != WireType::kBytes) continue;
    const FieldDescriptor* known = type.FindFieldByNumber(static_cast<int>(field.number));
    if (known == nullptr) continue;
    if (known->type() == FieldDescriptor::TYPE_MESSAGE) {
      IMMUDB_TRY(Check(*known->message_type(), field.payload, has_bad_text));
    } else if (known->type() == FieldDescriptor::TYPE_STRING && !IsUtf8(field.payload)) {
      has_bad_text = true;
    }
  }
  return {};
}

}  // namespace

std::optional<std::string> FindRequestFault(const Descriptor& type, BytesView request) {
  // A text that is not UTF-8 is told of only if there is nothing worse.
  bool has_bad_text = false;
  const Status status = Check(type, request, has_bad_text);
  if (!status) return status.error().message;
  if (has_bad_text) return "string field contains invalid UTF-8";
  return std::nullopt;
}

}  // namespace immudb::api
