// Commands that read entries.

#include "base/error.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "immudb/verify.h"

namespace immudb::cli {
namespace {

const CallOptions kRaw{.form = ValueForm::kRaw, .deadline = {}};

Error NoKey(const Context& context) {
  return Fail(Code::kNotFound, "key not found: {}", context.arguments[0]);
}

ShownItem Show(const Item& item) {
  return ShowStored(item.key, item.value, item.index.value);
}

// As 0.8.1 shows an entry that was read raw: the bytes as stored, no time, and the hash of a
// structured value without one.
ShownItem ShowRaw(const Item& item) {
  ShownItem shown{.key = item.key, .value = item.value, .index = item.index.value};
  shown.leaf = EntryDigest(item.index, item.key, item.value);
  shown.hash = EntryDigest(item.index, item.key, EncodeContent({0, item.value}));
  return shown;
}

Status Get(Context& context) {
  const auto item = context.client->Get(context.Argument(0), kRaw);
  if (!item && item.error().code == Code::kNotFound) return NoKey(context);
  if (!item) return item.error();
  Print(ItemText(Show(*item), context.style));
  return {};
}

template <ShownItem (*ShowItem)(const Item&)>
Status GetVerified(Context& context) {
  const auto item = context.client->SafeGet(context.Argument(0), kRaw);
  if (!item && item.error().code == Code::kNotFound) return NoKey(context);
  if (!item) return item.error();
  ShownItem shown = ShowItem(item->item);
  shown.verified = true;
  Print(ItemText(shown, context.style));
  return {};
}

Status GetByIndex(Context& context) {
  IMMUDB_ASSIGN(const std::uint64_t index, NumberArgument(context, 0));
  const auto item = context.client->ByIndex({index}, kRaw);
  if (!item && item.error().code == Code::kNotFound) {
    return Fail(Code::kNotFound, "no item exists in index:{}", index);
  }
  if (!item) return item.error();
  Print(ByIndexText(Show(*item), item->value, context.style));
  return {};
}

Status GetRawBySafeIndex(Context& context) {
  IMMUDB_ASSIGN(const std::uint64_t index, NumberArgument(context, 0));
  const auto item = context.client->SafeByIndex({index}, kRaw);
  if (!item) return item.error();
  ShownItem shown = ShowRaw(item->item);
  shown.verified = true;
  Print(ItemText(shown, context.style));
  return {};
}

std::vector<ShownItem> ShowAll(const std::vector<Item>& items) {
  std::vector<ShownItem> shown;
  shown.reserve(items.size());
  for (const Item& item : items) shown.push_back(Show(item));
  return shown;
}

Bytes ToBytes(BytesView view) {
  return {view.begin(), view.end()};
}

Status Scan(Context& context) {
  ScanRequest request;
  request.prefix = ToBytes(context.Argument(0));
  const auto items = context.client->Scan(std::move(request), kRaw);
  if (!items) return items.error();
  Print(ItemsText(ShowAll(*items), "0", context.style));
  return {};
}

Status ScanByIndex(Context& context) {
  IMMUDB_ASSIGN(const std::uint64_t number, NumberArgument(context, 0));
  IMMUDB_ASSIGN(const std::uint64_t size, NumberArgument(context, 1));
  const auto page = context.client->ScanByIndex({number, size}, kRaw);
  // Beyond the end, and in an empty database, a page is empty.
  const bool is_empty = !page && page.error().code == Code::kNotFound;
  if (!page && !is_empty) return page.error();
  Print(ItemsText(is_empty ? std::vector<ShownItem>() : ShowAll(page->items), "0", context.style));
  return {};
}

Status ScanSet(Context& context) {
  SetScanRequest request;
  request.set = ToBytes(context.Argument(0));
  const auto members = context.client->ZScan(std::move(request), kRaw);
  if (!members) return members.error();
  std::vector<ShownItem> shown;
  shown.reserve(members->size());
  for (const SetMember& member : *members) {
    shown.push_back(Show(member.item));
    shown.back().score = member.score;
  }
  Print(ItemsText(shown, "0", context.style));
  return {};
}

Status History(Context& context) {
  HistoryRequest request;
  request.key = ToBytes(context.Argument(0));
  const auto items = context.client->History(std::move(request), kRaw);
  if (!items) return items.error();
  Style style = context.style;
  style.value_only = ValueOnly::kNo;  // As in 0.8.1.
  Print(ItemsText(ShowAll(*items), "No item found \n", style));
  return {};
}

Status Count(Context& context) {
  const auto count = context.client->Count(context.Argument(0));
  if (!count) return count.error();
  Print(NumberText("count", *count, context.style));
  return {};
}

Command Row(std::string_view name, std::string_view alias, std::string_view words,
            std::string_view help, Status (*run)(Context&)) {
  return {.name = name,
          .aliases = {alias},
          .words = words,
          .arguments_min = 1,
          .arguments_max = 1,
          .help = help,
          .run = run};
}

}  // namespace

std::vector<Command> ReadCommands() {
  std::vector<Command> commands = {
      Row("get", "g", "key", "print the newest entry of a key", Get),
      Row("safeget", "sg", "key", "the same, proven", GetVerified<Show>),
      Row("rawsafeget", "rg", "key", "the same, with the value as it is stored",
          GetVerified<ShowRaw>),
      Row("getByIndex", "bi", "index", "print an entry by its index", GetByIndex),
      Row("getRawBySafeIndex", "brsi", "index", "print an entry by its index, proven",
          GetRawBySafeIndex),
      Row("scan", "scn", "prefix", "print the newest entries of the keys with a prefix", Scan),
      Row("zscan", "zscn", "set", "print the members of a sorted set, by score", ScanSet),
      Row("iscan", "iscn", "pagenumber pagesize", "print entries by index, page by page",
          ScanByIndex),
      Row("history", "h", "key", "print all entries of a key, the newest first", History),
      Row("count", "cnt", "key", "count the entries of exactly this key", Count),
  };
  for (Command& command : commands) {
    if (command.name == "iscan") command.arguments_min = command.arguments_max = 2;
  }
  return commands;
}

}  // namespace immudb::cli
