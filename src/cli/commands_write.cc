// Commands that write values.

#include "base/error.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "immudb/verify.h"

namespace immudb::cli {
namespace {

const CallOptions kRaw{.form = ValueForm::kRaw, .deadline = {}};

// Writes ignore --value-only, as in 0.8.1.
Style WholeStyle(const Context& context) {
  Style style = context.style;
  style.value_only = ValueOnly::kNo;
  return style;
}

// What was written is read back by its index: another writer may have a newer entry of the key.
Status Set(Context& context) {
  const auto index = context.client->Set(context.Argument(0), context.Argument(1));
  if (!index) return index.error();
  const auto item = context.client->ByIndex(*index, kRaw);
  if (!item) return item.error();
  Print(ItemText(ShowStored(item->key, item->value, index->value), WholeStyle(context)));
  return {};
}

Status SafeSet(Context& context) {
  const auto written = context.client->SafeSet(context.Argument(0), context.Argument(1));
  if (!written) return written.error();
  const auto read = context.client->SafeByIndex(written->index, kRaw);
  if (!read) return read.error();
  ShownItem shown = ShowStored(read->item.key, read->item.value, written->index.value);
  shown.verified = true;
  Print(ItemText(shown, WholeStyle(context)));
  return {};
}

Status RawSafeSet(Context& context) {
  const auto written = context.client->SafeSet(context.Argument(0), context.Argument(1), kRaw);
  if (!written) return written.error();
  const BytesView key = context.Argument(0);
  const BytesView value = context.Argument(1);
  ShownItem shown{.key = {key.begin(), key.end()},
                  .value = {value.begin(), value.end()},
                  .index = written->index.value};
  shown.leaf = written->leaf;
  // As 0.8.1 shows it: the hash of a structured value without a time.
  shown.hash = EntryDigest(written->index, key, EncodeContent({0, shown.value}));
  shown.verified = true;
  Print(ItemText(shown, WholeStyle(context)));
  return {};
}

Command Row(std::string_view name, std::string_view alias, std::string_view help,
            Status (*run)(Context&)) {
  return {.name = name,
          .aliases = {alias},
          .words = "key value",
          .arguments_min = 2,
          .arguments_max = 2,
          .help = help,
          .run = run};
}

}  // namespace

std::vector<Command> WriteCommands() {
  return {
      Row("set", "s", "write a value", Set),
      Row("safeset", "ss", "write a value, and have it proven", SafeSet),
      Row("rawsafeset", "rs", "the same, with the value stored as it is", RawSafeSet),
  };
}

}  // namespace immudb::cli
