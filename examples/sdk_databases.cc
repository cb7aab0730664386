// Databases and users: one database for one user, who may read and write there and nowhere else.
//
//   sdk_databases PORT STATE_FOLDER

#include "sdk_example.h"

namespace {

using immudb::AsBytes;

constexpr const char* kPassword = "Example-Passw0rd";

immudb::Status Run(immudb::Client& client) {
  if (const auto made = client.CreateDatabase("ledger"); !made) return made;
  if (const auto made = client.CreateUser({.name = "anna",
                                           .password = kPassword,
                                           .permission = immudb::Permission::kReadWrite,
                                           .database = "ledger"});
      !made) {
    return made;
  }
  const auto users = client.ListUsers();
  if (!users) return users.error();
  for (const immudb::User& user : *users) std::printf("user %s\n", user.name.c_str());
  const auto databases = client.ListDatabases();
  if (!databases) return databases.error();
  for (const std::string& name : *databases) std::printf("database %s\n", name.c_str());

  // From here on as anna.
  if (const auto login = client.Login("anna", kPassword); !login) return login.error();
  if (const auto used = client.UseDatabase("ledger"); !used) return used;
  const auto written = client.SafeSet(AsBytes("entry"), AsBytes("100 EUR"));
  if (!written) return written.error();
  const auto denied = client.UseDatabase("defaultdb");
  if (denied || denied.error().code != immudb::Code::kDenied) {
    return immudb::Error{immudb::Code::kCorrupted, "a user got into a database without a right"};
  }
  std::printf("anna wrote entry %llu of her ledger\n",
              static_cast<unsigned long long>(written->index.value));
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  return sdk_example::Main(argc, argv, Run);
}
