// Creating a ledger's folder, and opening one: recovery.
//
// Opening trusts derived files below the manifest's checkpoint, reads the log from there, makes
// what it finds beyond the proven durable end durable before anything of it is visible, and fills
// tree, offsets and index again. If derived files are missing or damaged they are rebuilt from the
// whole log, and the result is compared with the root the manifest recorded: rebuilding never heals
// evidence away. docs/durability.md has the rules.

#pragma once

#include <memory>
#include <optional>
#include <string>

#include "index/manifest.h"
#include "ledger/environment.h"
#include "ledger/pipeline.h"
#include "ledger/storage.h"

namespace immudb::ledger {

inline constexpr char kMetaName[] = "meta";
inline constexpr char kLogName[] = "log";
inline constexpr char kTreeName[] = "tree";
inline constexpr char kOffsetsName[] = "offsets";
inline constexpr char kIndexName[] = "index";

struct OpenedStorage {
  std::unique_ptr<Storage> storage;
  PreparedState state;
  std::optional<index::Manifest> checkpoint;  // If derived files were taken over from it.
};

// Removes the directory with everything in it, not durably. Errors: those of the file system.
Status RemoveTree(io::FileSystem& files, const std::string& path);

// See Engine::CreateLedger. A crash leaves a folder with the ending ".new", or none: the next
// creation of the same ledger replaces it.
Status CreateStorage(const Environment& environment, const std::string& directory,
                     const std::string& origin);

// See Engine::OpenLedger.
Result<OpenedStorage> OpenStorage(const Environment& environment, const std::string& directory);

}  // namespace immudb::ledger
