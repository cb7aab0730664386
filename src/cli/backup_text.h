// What backup and restore have in common, and what they say.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "backup/backup_writer.h"
#include "backup/restoration.h"
#include "cli/printer.h"
#include "immudb/result.h"

namespace immudb::cli {

// As immudb 0.8.1 asks.
inline constexpr std::string_view kManualQuestion =
    "Please make sure the immudb server is not running before proceeding. Are you sure you want to "
    "proceed? [y/N]: ";

struct BackedUpDatabase {
  std::string name;
  TreeHead head;
};

struct BackupReport {
  std::string path;  // Empty: standard output.
  std::vector<BackedUpDatabase> databases;
  Digest digest{};
  std::string signer;  // The SHA-256 of the key in hex; empty: nobody has signed.
};

// Requires: the writer has finished.
BackupReport ReportOf(const backup::BackupWriter& writer, std::string path);

// What to keep elsewhere. As JSON: all of the report.
std::string BackupText(const BackupReport& report, const Style& style);

// What is known of the restored databases, and of which nothing. As JSON: all of it. `source` is
// the backup, `replaced` the folder that the old data have now, if there were any.
std::string RestorationText(const backup::RestoredBackup& restored, std::string_view source,
                            std::string_view replaced, const Style& style);

// Refuses folders that have no name to put others beside. `act` is for the text.
// Errors: kInvalidArgument.
Status CheckDataFolder(std::string_view directory, std::string_view act);

// The last part of a path: `data` of `./data/`.
std::string LastPart(std::string_view path);

// Who runs this program, for the audit trail: `uid 0 (root)`.
std::string SystemUserText();

// An error of taking a data folder, which is nothing about the network.
Error OfTheFolder(Error error);

}  // namespace immudb::cli
