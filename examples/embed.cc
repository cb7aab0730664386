// The engine without a server: writes an entry, reads it back with a proof, and checks the proof.
//
//   embed [FOLDER]
//
// Run twice on the same folder, it also checks that the ledger of the second run continues the one
// of the first. Without a folder it uses one that it removes at the end.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "immudb/engine.h"
#include "immudb/verify.h"
#include "immudb/write_batch.h"

namespace {

// [region embed]
using immudb::AsBytes;

// Writes `value` under `key` and returns the entry as read back, with its proof checked against
// the state before the write.
immudb::Result<immudb::Entry> WriteAndVerify(immudb::Ledger& ledger, std::string_view key,
                                             std::string_view value) {
  // A client would have kept this from its last visit; it is all that it trusts.
  const auto trusted = ledger.Head();
  if (!trusted) return trusted.error();
  std::optional<immudb::LeafIndex> since;
  if (trusted->size.value > 0) since = immudb::LeafIndex{trusted->size.value - 1};

  immudb::WriteBatch batch;
  batch.Set(AsBytes(key), AsBytes(value));
  const auto committed = ledger.Commit(std::move(batch));  // On disk when this returns.
  if (!committed) return committed.error();

  auto read = ledger.GetProven(AsBytes(key), since);
  if (!read) return read.error();
  const auto& [entry, proof] = *read;
  const auto verified = immudb::VerifyEntry(entry.index, entry.key, entry.value, proof, *trusted);
  if (!verified) return verified.error();  // kTampered: never to be ignored.
  return entry;
}

immudb::Result<std::unique_ptr<immudb::Ledger>> OpenOrCreate(immudb::Engine& engine,
                                                             const std::string& folder) {
  const auto created = engine.CreateLedger(folder, "example.org/accounts");
  if (!created && created.error().code != immudb::Code::kExists) return created.error();
  return engine.OpenLedger(folder);
}
// [end]

immudb::Status Run(const std::string& folder) {
  const auto engine = immudb::Engine::Create({});
  if (!engine) return engine.error();
  const auto ledger = OpenOrCreate(**engine, folder);
  if (!ledger) return ledger.error();
  const auto entry = WriteAndVerify(**ledger, "account:42", "100 EUR");
  if (!entry) return entry.error();
  const std::string value(entry->value.begin(), entry->value.end());
  std::printf("%s is entry %llu, and the proof holds\n", value.c_str(),
              static_cast<unsigned long long>(entry->index.value));
  return (*ledger)->Close();
}

// A folder of its own, removed at the end.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "immudb_embed_XXXXXX").string();
    if (mkdtemp(name.data()) != nullptr) path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  ScratchFolder(const ScratchFolder&) = delete;
  ScratchFolder& operator=(const ScratchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

int main(int argc, char** argv) {
  std::optional<ScratchFolder> scratch;
  const std::string folder = argc > 1 ? argv[1] : scratch.emplace().path() + "/accounts";
  const immudb::Status done = Run(folder);
  if (!done) std::fprintf(stderr, "%s: %s\n", folder.c_str(), done.error().message.c_str());
  return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
