// immuadmin restore: a data folder from a backup, for a server that is not running.

#include <filesystem>
#include <memory>
#include <optional>
#include <utility>

#include "auth/crypt_password_hasher.h"
#include "auth/user.h"
#include "auth/users_file.h"
#include "backup/stopped_server.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/hex.h"
#include "cli/backup_text.h"
#include "cli/command.h"
#include "cli/password.h"
#include "cli/progress.h"
#include "cli/terminal.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "io/posix_file_system.h"

namespace immudb::cli {
namespace {

constexpr std::string_view kStandardInput = "-";
constexpr std::uint64_t kUsersBytesMax = 256u << 20;

// The backup, opened, and what it is read from.
struct OpenBackup {
  std::unique_ptr<io::File> file;
  std::uint64_t read_bytes = 0;
  Progress progress;
  std::unique_ptr<backup::ArchiveReader> reader;
};

Result<std::unique_ptr<OpenBackup>> OpenArchive(io::FileSystem& files, const std::string& path) {
  auto opened = std::make_unique<OpenBackup>();
  OpenBackup& backup = *opened;
  if (path == kStandardInput) {
    backup.reader = backup::MakeTarReader([&backup](std::span<std::uint8_t> out) {
      backup.progress.Add(0, out.size());
      return ReadInputBytes(out);
    });
    return opened;
  }
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    IMMUDB_ASSIGN(backup.reader, backup::OpenFolderReader(files, path));
    return opened;
  }
  IMMUDB_ASSIGN(backup.file, files.Open(path, io::OpenMode::kRead));
  backup.reader =
      backup::MakeTarReader([&backup](std::span<std::uint8_t> out) -> Result<std::size_t> {
        IMMUDB_ASSIGN(const std::size_t count, backup.file->Read(backup.read_bytes, out));
        backup.read_bytes += count;
        backup.progress.Add(0, count);
        return count;
      });
  return opened;
}

// The file of a server whose only user is the superadmin.
Result<Bytes> NewUsersFile(const Context& context) {
  IMMUDB_ASSIGN(
      const std::string password,
      NewPasswordOf(*context.options, {.user = auth::kSuperadminName, .subject = "password"}));
  crypto::SystemRandom random;
  const auth::CryptPasswordHasher hasher(random, crypto::PasswordCost());
  auth::User user;
  user.name = auth::kSuperadminName;
  user.grants = {{.database = "*", .code = auth::kPermissionSystem}};
  user.created_at_us = SystemClock().NowUnixUs();
  IMMUDB_ASSIGN(user.verifier, hasher.Hash(password));
  return auth::EncodeUsers({&user, 1});
}

// Rights that were taken must not come back with a backup: the users stay as they are. A folder
// whose users cannot be read gets a new superadmin.
Status ChooseUsers(const Context& context, io::FileSystem& files,
                   backup::RestorationRequest& request) {
  const std::string& given = context.options->text("users-file");
  const std::string path = given.empty() ? io::JoinPath(request.directory, "users") : given;
  Result<Bytes> file = io::ReadFile(files, path, kUsersBytesMax);
  if (file) {
    const auto users = auth::DecodeUsers(*file);
    if (!users) file = users.error();
  }
  if (!file && !given.empty()) return file.error();
  request.users_are = file ? backup::UsersFile::kOfTheDirectory : backup::UsersFile::kNew;
  if (!file) file = NewUsersFile(context);
  if (!file) return file.error();
  request.users_file = *std::move(file);
  return {};
}

// What the options ask for.
Result<backup::RestorationRequest> ReadRequest(Context& context) {
  const process::Options& options = *context.options;
  backup::RestorationRequest request;
  std::string& directory = request.directory;
  directory = options.text("dbdir");
  while (directory.size() > 1 && directory.ends_with('/')) directory.pop_back();
  if (options.boolean("force") || options.boolean("manual-stop-start")) {
    request.replaced_directory = Text("{}_bkp_before_restore_{}", directory, TimeStamp());
  }
  request.restorer = SystemUserText();
  auto expected = catalog::ParseExpectedRoots(options.text("expect"), catalog::Sizes::kOptional);
  if (!expected) return UsageError(context, Text("--expect: {}", expected.error().message));
  request.expected = *std::move(expected);
  if (const std::string& key = options.text("server-key"); !key.empty()) {
    Result<Bytes> bytes = FromHex(key);
    if (!bytes) return UsageError(context, "server-key must be hex digits");
    request.pinned_key = *std::move(bytes);
  }
  return request;
}

// Asks before anything happens to a folder that is there, and where 0.8.1 does.
Status Confirm(Context& context, const backup::RestorationRequest& request, bool replaces) {
  const process::Options& options = *context.options;
  const bool is_manual = options.boolean("manual-stop-start");
  if (options.boolean("yes") || (!is_manual && !replaces)) return {};
  if (context.arguments[0] == kStandardInput) {
    return UsageError(context, "standard input is the backup, so nobody can answer: give --yes");
  }
  const std::string question =
      is_manual ? std::string(kManualQuestion)
                : Text(
                      "{} will be replaced, and kept as {}. Are you sure you want to proceed? "
                      "[y/N]: ",
                      request.directory, request.replaced_directory);
  if (AskYesNo(question)) return {};
  return Fail(Code::kConflict, "Canceled");
}

void Report(const Context& context, const backup::RestorationRequest& request,
            const backup::RestoredBackup& restored) {
  const std::string& source = context.arguments[0];
  const std::string replaced = restored.has_replaced ? request.replaced_directory : std::string();
  const std::string text = RestorationText(restored, source, replaced, context.style);
  if (context.style.form == OutputForm::kJson) return Print(text);
  Print(Text("Database restored from backup {}\n", source));
  if (restored.has_replaced) {
    Print(Text("A backup of the previous database has been also created: {}\n", replaced));
  }
  PrintError(text);
}

Status Restore(Context& context) {
  IMMUDB_ASSIGN(backup::RestorationRequest request, ReadRequest(context));
  IMMUDB_TRY(CheckDataFolder(request.directory, "restore"));
  io::PosixFileSystem files;
  IMMUDB_ASSIGN(const bool exists, files.Exists(request.directory));
  const bool replaces = exists && !request.replaced_directory.empty();
  IMMUDB_TRY(Confirm(context, request, replaces));
  IMMUDB_ASSIGN(const auto opened, OpenArchive(files, context.arguments[0]));
  IMMUDB_TRY(ChooseUsers(context, files, request));
  const auto restored = backup::RestoreOnThisMachine(request, *opened->reader);
  opened->progress.End();
  if (!restored && restored.error().code == Code::kExists && request.replaced_directory.empty()) {
    return Fail(Code::kExists, "{}; --force replaces it and keeps it under another name",
                restored.error().message);
  }
  if (!restored) return OfTheFolder(restored.error());
  Report(context, request, *restored);
  return {};
}

}  // namespace

std::vector<Command> RestoreCommands() {
  return {{.name = "restore",
           .aliases = {},
           .words = "file|folder|-",
           .arguments_min = 1,
           .arguments_max = 1,
           .help = "make the data folder of a server that is not running from a backup, verified "
                   "before it appears; exit code 6 if it is not whole or not what --expect or "
                   "--server-key say",
           .flags = {"dbdir", "manual-stop-start", "force", "yes", "expect", "server-key",
                     "users-file", "new-password", "new-password-file"},
           .needs_server = NeedsServer::kNo,
           .run = Restore}};
}

}  // namespace immudb::cli
