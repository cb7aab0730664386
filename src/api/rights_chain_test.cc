// Looks for a way up: chains of up to three calls after which a caller may do what the table of
// rights does not give him.
//
// A chain goes on only from calls that were served, for one that is refused must change nothing,
// which is checked. What a caller holds afterwards, tokens and passwords, is then tried against
// every kind of right. The first call is every one there is, the others are drawn.

#include <admin.pb.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <schema.pb.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "api/messages.h"
#include "api/methods.h"
#include "api/testing/rights_table.h"
#include "api/testing/service_fixture.h"
#include "base/log.h"

namespace immudb::api {
namespace {

constexpr char kAttackerPassword[] = "Passw0rd!";
constexpr char kNewPassword[] = "NewPassw0rd!";
constexpr std::size_t kMovesDrawn = 10;  // Of those after the first call.
constexpr std::size_t kBranchesMax = 2;  // Of those that were served, followed further.

// One call, made with the token of that number.
struct Move {
  std::string path;
  Bytes message;
  std::size_t token = 0;
  std::string user = {};      // Whose password the caller knows if it is served...
  std::string password = {};  // ...namely this.
  bool makes_token = false;
};

std::string Describe(const Move& move) {
  return move.path.substr(move.path.rfind('/') + 1) + "(" + move.user + ") with token " +
         std::to_string(move.token);
}

template <typename Message>
Bytes Encode(const Message& message) {
  return EncodeMessage(message);
}

// A server with users of every kind, and a caller of one role: what he holds and what he can try.
class World : public ServiceFixture {
 public:
  explicit World(Role role) : role_(role) {
    StartService();
    EXPECT_TRUE(catalog_->CreateDatabase("own"));
    EXPECT_TRUE(catalog_->CreateDatabase("other"));
    // The password that everybody knows is no way up.
    EXPECT_TRUE(users_->Change("immudb", [this](auth::User& user) -> Status {
      user.verifier = hasher_.Hash("Secret-of-immudb1").value();
      return {};
    }));
    const std::string me = kRoleNames[role];
    if (role != kStranger && role != kSuperadmin) {
      Add(me, "immudb", kRoleCodes[role] == 0 ? Grants() : Grants{{"own", kRoleCodes[role]}});
      tokens_.push_back(sessions_->Open(*users_->Find(me), std::nullopt).value());
      tokens_.push_back(sessions_->Open(*users_->Find(me), "own").value());
      passwords_[me] = kAttackerPassword;
    } else {
      tokens_.push_back("");
    }
    Add("child", me, {{"own", 1}});
    Add("grown", me, {{"own", 1}, {"other", 254}});
    Add("raised", me, {{"own", 255}});
    Add("orphan", me, {});
    Add("colleague", "immudb", {{"own", 254}});
    Add("victim", "immudb", {{"other", 254}});
    Add("asleep", me, {{"other", 2}}, Activity::kInactive);
  }
  ~World() override { StopService(); }
  World(const World&) = delete;
  World& operator=(const World&) = delete;

  void TestBody() override {}

  // Makes the call and returns whether it was served; what it yields is kept.
  bool Make(const Move& move) {
    const FakeAnswer answer = CallWith(tokens_[move.token], move.path, move.message);
    if (!answer.status.ok()) return false;
    if (move.makes_token) tokens_.push_back(TokenIn(move, answer.reply));
    if (!move.password.empty()) passwords_[move.user] = move.password;
    return true;
  }

  // Everything that can be tried with what is held.
  std::vector<Move> Moves() const;

  // What of the server a refused call must leave as it was.
  std::vector<auth::User> Users() const {
    std::vector<auth::User> users;
    for (const auto& user : users_->List()) users.push_back(*user);
    return users;
  }
  std::vector<std::string> Databases() const { return catalog_->DatabaseNames(); }

  // Tries what is held, and returns what the table does not give the caller.
  std::vector<std::string> Excesses(const std::vector<RightsRow>& table);

 private:
  using Grants = std::vector<auth::Grant>;
  enum class Activity : std::uint8_t { kActive, kInactive };

  void Add(const std::string& name, const std::string& creator, Grants grants,
           Activity activity = Activity::kActive) {
    auth::User user;
    user.name = name;
    user.created_by = creator;
    user.grants = std::move(grants);
    user.active = activity == Activity::kActive;
    user.verifier = hasher_.Hash(kAttackerPassword).value();
    EXPECT_TRUE(users_->Create(user));
  }

  FakeAnswer CallWith(const std::string& token, const std::string& path, Bytes message) {
    rpc::Metadata metadata;
    if (!token.empty()) metadata = {{"authorization", token}};
    return Call({.path = path, .message = std::move(message), .metadata = metadata});
  }

  static std::string AdminPath(std::string_view call) {
    return Text("/{}/{}", kAdminServiceName, call);
  }

  static std::string TokenIn(const Move& move, const Bytes& reply) {
    return move.path.ends_with("/Login") ? Parsed<schema::LoginResponse>(reply).token()
                                         : Parsed<schema::UseDatabaseReply>(reply).token();
  }

  void AddUserMoves(std::size_t token, std::vector<Move>& moves) const;
  void AddOtherMoves(std::size_t token, std::vector<Move>& moves) const;
  // What may be tried on one database with a token for it.
  void TryDatabase(const std::string& token, const std::string& about,
                   std::map<std::string, bool>& done);

  const Role role_;
  std::vector<std::string> tokens_;
  std::map<std::string, std::string> passwords_;  // That he knows.
};

constexpr std::array<const char*, 5> kDatabases = {"own", "other", "systemdb", "defaultdb", "none"};

void World::AddUserMoves(std::size_t token, std::vector<Move>& moves) const {
  for (const auto& user : users_->List()) {
    schema::ChangePasswordRequest password;
    password.set_user(user->name);
    password.set_oldpassword(kAttackerPassword);
    password.set_newpassword(kNewPassword);
    moves.push_back({Path("ChangePassword"), Encode(password), token, user->name, kNewPassword});
    for (const bool active : {true, false}) {
      schema::SetActiveUserRequest activity;
      activity.set_username(user->name);
      activity.set_active(active);
      moves.push_back({Path("SetActiveUser"), Encode(activity), token});
    }
    for (const char* database : kDatabases) {
      for (const std::uint32_t code : {1u, 2u, 254u, 255u, 256u}) {
        schema::ChangePermissionRequest right;
        right.set_action(schema::GRANT);
        right.set_username(user->name);
        right.set_database(database);
        right.set_permission(code);
        moves.push_back({Path("ChangePermission"), Encode(right), token});
        right.set_action(schema::REVOKE);
        if (code == 1) moves.push_back({Path("ChangePermission"), Encode(right), token});
      }
    }
  }
  for (const char* name : {"fresh", "victim", "immudb", "Immudb", ""}) {
    for (const char* database : {"own", "other", "systemdb", "defaultdb", ""}) {
      for (const std::uint32_t code : {0u, 2u, 254u, 255u}) {
        schema::CreateUserRequest created;
        created.set_user(name);
        created.set_password(kNewPassword);
        created.set_database(database);
        created.set_permission(code);
        moves.push_back({Path("CreateUser"), Encode(created), token, name, kNewPassword});
      }
    }
  }
}

void World::AddOtherMoves(std::size_t token, std::vector<Move>& moves) const {
  for (const char* database : {"own", "other", "systemdb", "defaultdb", "fresh"}) {
    schema::Database request;
    request.set_databasename(database);
    moves.push_back({.path = Path("UseDatabase"),
                     .message = Encode(request),
                     .token = token,
                     .makes_token = true});
    moves.push_back({Path("CreateDatabase"), Encode(request), token});
  }
  for (const auto& [user, password] : passwords_) {
    schema::LoginRequest request;
    request.set_user(user);
    request.set_password(password);
    moves.push_back(
        {.path = Path("Login"), .message = Encode(request), .token = token, .makes_token = true});
  }
  for (const char* call : {"UpdateMTLSConfig", "Logout", "ListUsers"}) {
    moves.push_back({Path(call), {}, token});
  }
  // To switch logins off is a right of its holders, and then nobody has any.
  schema::AuthConfig logins;
  logins.set_kind(1);
  moves.push_back({Path("UpdateAuthConfig"), Encode(logins), token});
}

std::vector<Move> World::Moves() const {
  std::vector<Move> moves;
  for (std::size_t token = 0; token < tokens_.size(); ++token) {
    AddUserMoves(token, moves);
    AddOtherMoves(token, moves);
  }
  return moves;
}

void World::TryDatabase(const std::string& token, const std::string& about,
                        std::map<std::string, bool>& done) {
  // One call of each kind of right.
  for (const char* call : {"Get", "Set", "GetBatch", "Dump", "PrintTree", "UpdateMTLSConfig"}) {
    const FakeAnswer answer = CallWith(token, Path(call), {});
    done[std::string(call) + " " + about] |= !IsWantOfRight(answer.status);
  }
}

std::vector<std::string> World::Excesses(const std::vector<RightsRow>& table) {
  for (const auto& [user, password] : passwords_) {
    schema::LoginRequest request;
    request.set_user(user);
    request.set_password(password);
    const FakeAnswer answer = CallWith("", Path("Login"), Encode(request));
    if (answer.status.ok()) tokens_.push_back(Parsed<schema::LoginResponse>(answer.reply).token());
  }
  std::map<std::string, bool> done;
  for (std::size_t i = 0, held = tokens_.size(); i < held; ++i) {
    const std::string token = tokens_[i];
    const auth::TokenLookup session = sessions_->Find(token);
    if (session.state == auth::TokenState::kValid && session.session.database) {
      const std::string& database = *session.session.database;
      const bool is_known = database == "own" || database == "other";
      TryDatabase(token, is_known ? database : "other", done);
    }
    for (const std::string about : {"own", "other", "system"}) {
      const std::string database = about == "system" ? "systemdb" : about;
      schema::Database chosen;
      chosen.set_databasename(database);
      const FakeAnswer answer = CallWith(token, Path("UseDatabase"), Encode(chosen));
      done["UseDatabase " + about] |= answer.status.ok();
      if (answer.status.ok()) {
        TryDatabase(Parsed<schema::UseDatabaseReply>(answer.reply).token(), about, done);
      }
      schema::CreateUserRequest created;
      created.set_user("try" + std::to_string(i) + about);
      created.set_password(kNewPassword);
      created.set_database(database);
      created.set_permission(1);
      done["CreateUser " + about] |=
          CallWith(token, Path("CreateUser"), Encode(created)).status.ok();
      admin::v1::SnapshotRequest copied;
      copied.set_database(database);
      const FakeAnswer copy = CallWith(token, AdminPath("Snapshot"), Encode(copied));
      done["Snapshot " + about] |= !IsWantOfRight(copy.status);
    }
    schema::Database created;
    created.set_databasename("try" + std::to_string(i));
    done["CreateDatabase any"] |=
        CallWith(token, Path("CreateDatabase"), Encode(created)).status.ok();
    for (const char* call : {"Databases", "AuditTrail"}) {
      const FakeAnswer answer = CallWith(token, AdminPath(call), {});
      done[std::string(call) + " any"] |= !IsWantOfRight(answer.status);
    }
  }
  std::vector<std::string> excesses;
  for (const RightsRow& row : table) {
    const auto found = done.find(row.call + " " + row.about);
    if (found != done.end() && found->second && !row.may[role_]) excesses.push_back(found->first);
  }
  return excesses;
}

class RightsChainTest : public testing::TestWithParam<Role> {
 protected:
  static void SetUpTestSuite() { SetLogLevel(LogLevel::kOff); }
  static void TearDownTestSuite() { SetLogLevel(LogLevel::kInfo); }

  std::unique_ptr<World> Replay(const std::vector<Move>& chain) const {
    auto world = std::make_unique<World>(GetParam());
    for (const Move& move : chain) EXPECT_TRUE(world->Make(move)) << Describe(move);
    return world;
  }

  static std::string Names(const std::vector<Move>& chain) {
    std::string names;
    for (const Move& move : chain) names += Describe(move) + "; ";
    return names;
  }

  // Makes every move of `moves` after `chain` and returns those that were served.
  std::vector<Move> Served(const std::vector<Move>& chain, std::vector<Move> moves) {
    std::vector<Move> served;
    std::unique_ptr<World> world = Replay(chain);
    for (Move& move : moves) {
      const std::vector<auth::User> users = world->Users();
      const std::vector<std::string> databases = world->Databases();
      tried_++;
      if (world->Make(move)) {
        served.push_back(std::move(move));
        world = Replay(chain);
        continue;
      }
      EXPECT_EQ(world->Users(), users) << Names(chain) << Describe(move);
      EXPECT_EQ(world->Databases(), databases) << Names(chain) << Describe(move);
    }
    return served;
  }

  void Search(std::vector<Move> chain) {
    std::unique_ptr<World> world = Replay(chain);
    std::vector<Move> moves = world->Moves();
    EXPECT_THAT(world->Excesses(table_), testing::IsEmpty()) << Names(chain);
    world.reset();
    if (chain.size() == 3) return;
    if (!chain.empty()) {
      std::shuffle(moves.begin(), moves.end(), random_);
      moves.resize(std::min(moves.size(), kMovesDrawn));
    }
    std::vector<Move> served = Served(chain, std::move(moves));
    if (!chain.empty()) served.resize(std::min(served.size(), kBranchesMax));
    for (Move& move : served) {
      chain.push_back(std::move(move));
      Search(chain);
      chain.pop_back();
    }
  }

  static std::uint64_t Seed() {
    const char* const given = std::getenv("IMMUDB_TEST_SEED");
    return given == nullptr ? std::random_device()() : std::strtoull(given, nullptr, 10);
  }

  const std::uint64_t seed_ = Seed();
  const testing::ScopedTrace seed_trace_{__FILE__, __LINE__,
                                         "IMMUDB_TEST_SEED=" + std::to_string(seed_)};
  std::mt19937_64 random_{seed_};
  const std::vector<RightsRow> table_ = ReadRightsTable();
  std::size_t tried_ = 0;
};

TEST_P(RightsChainTest, NoChainOfThreeCallsGivesARightThatTheTableDoesNot) {
  Search({});
  EXPECT_GT(tried_, 100u);
  RecordProperty("tried", static_cast<int>(tried_));
}

INSTANTIATE_TEST_SUITE_P(Roles, RightsChainTest,
                         testing::Values(kStranger, kNone, kReader, kWriter, kAdmin, kSystem),
                         [](const auto& parameter) { return kRoleNames[parameter.param]; });

}  // namespace
}  // namespace immudb::api
