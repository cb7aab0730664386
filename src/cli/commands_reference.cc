// Commands for references and sorted sets.

#include <cstdlib>

#include "base/error.h"
#include "cli/command.h"
#include "cli/terminal.h"
#include "immudb/verify.h"
#include "proof/stored_encoding.h"

namespace immudb::cli {
namespace {

constexpr std::size_t kInputBytesMax = 64u << 10;

Bytes ToBytes(BytesView view) {
  return {view.begin(), view.end()};
}

Result<ReferenceRequest> ReadReference(const Context& context) {
  ReferenceRequest request{.name = ToBytes(context.Argument(0)), .key = {}, .index = {}};
  if (context.arguments.size() > 1) {
    request.key = ToBytes(context.Argument(1));
    return request;
  }
  // With one word only, the target comes from standard input, to its end.
  IMMUDB_ASSIGN(const std::string key, ReadInput(kInputBytesMax));
  request.key = ToBytes(AsBytes(key));
  return request;
}

void PrintReference(const Context& context, const ReferenceRequest& request, LeafIndex index,
                    std::optional<bool> verified) {
  ShownItem shown{.key = request.name, .value = request.key, .index = index.value};
  shown.leaf = EntryDigest(index, request.name, proof::EncodeTarget({request.key, std::nullopt}));
  // As 0.8.1 shows it: without what is stored behind the target's key.
  shown.hash = EntryDigest(index, request.name, request.key);
  shown.verified = verified;
  Style style = context.style;
  style.value_only = ValueOnly::kNo;
  Print(ItemText(shown, style));
}

Status Reference(Context& context) {
  IMMUDB_ASSIGN(const ReferenceRequest request, ReadReference(context));
  const auto index = context.client->Reference(request);
  if (!index) return index.error();
  PrintReference(context, request, *index, std::nullopt);
  return {};
}

Status SafeReference(Context& context) {
  IMMUDB_ASSIGN(const ReferenceRequest request, ReadReference(context));
  const auto written = context.client->SafeReference(request);
  if (!written) return written.error();
  PrintReference(context, request, written->index, true);
  return {};
}

Result<SetEntryRequest> ReadSetEntry(Context& context) {
  const std::string& score = context.arguments[1];
  char* end = nullptr;
  SetEntryRequest request{.set = ToBytes(context.Argument(0)),
                          .score = std::strtod(score.c_str(), &end),
                          .key = ToBytes(context.Argument(2)),
                          .index = {}};
  if (score.empty() || end != score.c_str() + score.size()) {
    return UsageError(context, Text("\"{}\" is not a valid score", score));
  }
  return request;
}

void PrintSetEntry(const Context& context, const SetEntryRequest& request, LeafIndex index,
                   std::optional<bool> verified) {
  const proof::TargetView target{request.key, std::nullopt};
  ShownSetEntry shown{.set = request.set,
                      .set_key = proof::EncodeSetKey(request.set, request.score, target),
                      .key = request.key,
                      .score = request.score,
                      .index = index.value};
  shown.leaf = EntryDigest(index, shown.set_key, proof::EncodeTarget(target));
  // As 0.8.1 shows it: without what is stored behind the member's key.
  shown.hash = EntryDigest(index, shown.set_key, request.key);
  shown.verified = verified;
  Print(SetEntryText(shown, context.style));
}

Status AddToSet(Context& context) {
  IMMUDB_ASSIGN(const SetEntryRequest request, ReadSetEntry(context));
  const auto index = context.client->ZAdd(request);
  if (!index) return index.error();
  PrintSetEntry(context, request, *index, std::nullopt);
  return {};
}

Status SafeAddToSet(Context& context) {
  IMMUDB_ASSIGN(const SetEntryRequest request, ReadSetEntry(context));
  const auto written = context.client->SafeZAdd(request);
  if (!written) return written.error();
  PrintSetEntry(context, request, written->index, true);
  return {};
}

struct Arguments {
  std::string_view words;
  std::size_t min;
  std::size_t max;
};
constexpr Arguments kReferenceArguments{"reference [key]", 1, 2};
constexpr Arguments kSetArguments{"set score key", 3, 3};

Command Row(std::string_view name, std::string_view alias, const Arguments& arguments,
            std::string_view help, Status (*run)(Context&)) {
  return {.name = name,
          .aliases = {alias},
          .words = arguments.words,
          .arguments_min = arguments.min,
          .arguments_max = arguments.max,
          .help = help,
          .run = run};
}

}  // namespace

std::vector<Command> ReferenceCommands() {
  return {
      Row("reference", "r", kReferenceArguments,
          "make a name for a key; without the key it is read from standard input", Reference),
      Row("safereference", "sr", kReferenceArguments, "the same, proven", SafeReference),
      Row("zadd", "za", kSetArguments, "put a key into a sorted set", AddToSet),
      Row("safezadd", "sza", kSetArguments, "the same, proven", SafeAddToSet),
  };
}

}  // namespace immudb::cli
