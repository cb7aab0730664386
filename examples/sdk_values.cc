// Plain calls: values, batches, entries by index. The server is believed.
//
//   sdk_values PORT STATE_FOLDER

#include "sdk_example.h"

namespace {

using immudb::AsBytes;
using sdk_example::ToBytes;
using sdk_example::ToText;

immudb::Status Run(immudb::Client& client) {
  const auto index = client.Set(AsBytes("greeting"), AsBytes("hello"));
  if (!index) return index.error();

  const auto item = client.Get(AsBytes("greeting"));
  if (!item) return item.error();
  std::printf("%s, written at %llu\n", ToText(item->value).c_str(),
              static_cast<unsigned long long>(item->timestamp.value_or(0)));

  // All of them, or none.
  const auto last = client.SetBatch({{ToBytes("a"), ToBytes("1")}, {ToBytes("b"), ToBytes("2")}});
  if (!last) return last.error();
  const auto items = client.GetBatch({ToBytes("a"), ToBytes("b"), ToBytes("no such key")});
  if (!items) return items.error();
  for (const immudb::Item& found : *items) {
    std::printf("%s = %s\n", ToText(found.key).c_str(), ToText(found.value).c_str());
  }

  // Bytes without a time, as they are.
  const immudb::CallOptions raw{.form = immudb::ValueForm::kRaw, .deadline = {}};
  if (const auto set = client.Set(AsBytes("raw"), AsBytes("bytes"), raw); !set) return set.error();
  const auto stored = client.ByIndex({last->value + 1}, raw);
  if (!stored) return stored.error();
  std::printf("entry of key %s: %s\n", ToText(stored->key).c_str(), ToText(stored->value).c_str());

  const auto missing = client.Get(AsBytes("no such key"));
  if (missing || missing.error().code != immudb::Code::kNotFound) {
    return immudb::Error{immudb::Code::kCorrupted, "a key that is not there was found"};
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  return sdk_example::Main(argc, argv, Run);
}
