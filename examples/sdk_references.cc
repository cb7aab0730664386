// References and sorted sets: names for keys, and keys in the order of scores.
//
//   sdk_references PORT STATE_FOLDER

#include "sdk_example.h"

namespace {

using immudb::AsBytes;
using sdk_example::ToBytes;
using sdk_example::ToText;

immudb::Status References(immudb::Client& client) {
  const auto written = client.SafeSet(AsBytes("report:2026"), AsBytes("all is well"));
  if (!written) return written.error();
  const auto named = client.SafeReference(
      {.name = ToBytes("report:latest"), .key = ToBytes("report:2026"), .index = {}});
  if (!named) return named.error();

  // Both entries are proven: the one that makes it a reference, and its target.
  const auto read = client.SafeGet(AsBytes("report:latest"));
  if (!read) return read.error();
  std::printf("%s: %s, by %s\n", ToText(read->item.key).c_str(), ToText(read->item.value).c_str(),
              read->reference.has_value() ? "a proven reference" : "nothing");
  return {};
}

immudb::Status SortedSets(immudb::Client& client) {
  for (const auto& [name, points] : {std::pair{"anna", 7.5}, {"bert", 3.0}, {"carla", 9.0}}) {
    const auto set = client.Set(AsBytes(name), AsBytes("a player"));
    if (!set) return set.error();
    const auto added = client.SafeZAdd(
        {.set = ToBytes("scores"), .score = points, .key = ToBytes(name), .index = {}});
    if (!added) return added.error();
  }
  immudb::SetScanRequest request;
  request.set = ToBytes("scores");
  request.min = 5;
  const auto members = client.ZScan(request);
  if (!members) return members.error();
  for (const immudb::SetMember& member : *members) {
    std::printf("%s has %.1f\n", ToText(member.item.key).c_str(), member.score);
  }
  return {};
}

immudb::Status Histories(immudb::Client& client) {
  if (const auto set = client.Set(AsBytes("anna"), AsBytes("a winner")); !set) return set.error();
  immudb::HistoryRequest request;
  request.key = ToBytes("anna");
  const auto versions = client.History(request);
  if (!versions) return versions.error();
  for (const immudb::Item& version : *versions) {
    std::printf("anna was %s\n", ToText(version.value).c_str());
  }
  immudb::ScanRequest scan;
  scan.prefix = ToBytes("report:");
  const auto found = client.Scan(scan);
  if (!found) return found.error();
  std::printf("%zu report\n", found->size());
  return {};
}

immudb::Status Run(immudb::Client& client) {
  if (const auto done = References(client); !done) return done;
  if (const auto done = SortedSets(client); !done) return done;
  return Histories(client);
}

}  // namespace

int main(int argc, char** argv) {
  return sdk_example::Main(argc, argv, Run);
}
