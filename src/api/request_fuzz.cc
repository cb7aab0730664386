// A fuzz target: the bytes of a request, of any method, from callers with and without rights. The
// service and the engine behind it are the real ones, on files in memory.
//
// The first byte chooses the method and the caller, the rest is the request. Every input finds the
// same databases and users: what an input has changed is put back after it.

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <pb.pb.h>
#include <schema.pb.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "api/methods.h"
#include "api/service.h"
#include "api/testing/fake_call.h"
#include "api/users.h"
#include "base/check.h"
#include "base/error.h"
#include "base/log.h"
#include "base/testing/fuzz_target.h"
#include "crypto/seeded_random.h"
#include "immudb/write_batch.h"
#include "io/memory_file_system.h"
#include "ledger/engine.h"

namespace immudb::api {
namespace {

constexpr std::string_view kPassword = "Passw0rd!";

// A verifier is the password. No time is spent, and none is to be found out.
class PlainHasher : public auth::PasswordHasher {
 public:
  Result<auth::PasswordMatch> Verify(std::string_view password,
                                     std::string_view verifier) const override {
    return password == verifier ? auth::PasswordMatch::kYes : auth::PasswordMatch::kNo;
  }
  Result<std::string> Hash(std::string_view password) const override {
    return std::string(password);
  }
};

enum class Caller : std::uint8_t {
  kNobody,
  kSuperadmin,
  kReader,
  kWriter,
  kUnknownToken,
  kAdministrator,  // Of one database.
};

EngineOptions SmallEngine() {
  return {.batch_rules = BatchRules::kImmudb081,
          .block_cache_bytes = 1u << 20,
          .log_segment_bytes = 1u << 20,
          .reserve_bytes = 4096};
}

std::string PathOf(std::size_t row) {
  const Service::ServedMethod& method = Service::Methods()[row];
  return Text("/{}/{}", method.service, method.name);
}

// All rows but the last: a watch has no end that could be waited for.
std::size_t RowCount() {
  return Service::Methods().size() - 1;
}

// One server. Not thread-safe.
class World {
 public:
  World() {
    catalog_ = catalog::Catalog::Open(
                   {.files = files_, .engine = *engine_, .random = random_, .clock = clock_}, "/d")
                   .value();
    users_ = OpenUsers(*catalog_, hasher_, clock_, kPassword).value();
    authenticator_ =
        auth::Authenticator::Create(*users_, hasher_, throttle_,
                                    auth::Authenticator::DefaultPassword::kFromThisMachineOnly)
            .value();
    sessions_.emplace(*users_, random_, clock_, auth::SessionTable::Options{});
    auto reads = std::make_unique<ManualExecutor>();
    auto hashing = std::make_unique<ManualExecutor>();
    reads_ = reads.get();
    hashing_ = hashing.get();
    service_ = std::make_unique<Service>(ServiceParts{.catalog = *catalog_,
                                                      .users = *users_,
                                                      .authenticator = *authenticator_,
                                                      .sessions = *sessions_,
                                                      .hasher = hasher_,
                                                      .clock = clock_,
                                                      .reads = std::move(reads),
                                                      .hashing = std::move(hashing)},
                                         ServiceOptions{.version_text = "immudb 0.0.0"});
    AddUsers();
    AddEntries();
  }

  ~World() {
    Settle();
    service_->Stop();
    IMMUDB_CHECK(catalog_->Close().has_value());
    service_.reset();
    catalog_.reset();
  }

  World(const World&) = delete;
  World& operator=(const World&) = delete;

  // Gives the call to the service as a transport would, and returns how it was answered.
  FakeAnswer Call(std::uint32_t row, Caller caller, BytesView request) {
    const std::string path = PathOf(row);
    const auto method = std::get<rpc::Dispatcher::Method>(service_->Find(path));
    IMMUDB_CHECK(method.row == row);
    FakeRequest call{.path = path, .message = Bytes(request.begin(), request.end())};
    const std::optional<std::string>& token = tokens_[static_cast<std::size_t>(caller)];
    if (token) call.metadata = {{"authorization", "Bearer " + *token}};
    const bool may_call = service_->Admit(method, call.metadata, call.peer).bytes_max > 0;

    const std::uint64_t size = Size();
    const auto answers = std::make_shared<FakeCaller>();  // Shared with the call.
    service_->Start(method, std::make_unique<FakeCall>(answers, std::move(call)));
    Settle();
    if (!answers->answer()) Elapse();  // A refusal may come late on purpose.
    answers->WaitForAnswer();          // A commit's comes from its threads.
    FakeAnswer answer = *answers->answer();
    if (const auto stream = answers->TakeStream()) answer.status = ReadToEnd(*stream);
    IMMUDB_CHECK(may_call || !answer.status.ok());
    const bool may_write =
        caller != Caller::kNobody && caller != Caller::kReader && caller != Caller::kUnknownToken;
    IMMUDB_CHECK(may_write || Size() == size);
    return answer;
  }

 private:
  void AddUsers() {
    const auto add = [this](const char* name, std::uint32_t permission) {
      auth::User user;
      user.name = name;
      user.created_by = auth::kSuperadminName;
      user.verifier = kPassword;
      user.grants = {{.database = std::string(catalog::kDefaultDatabase), .code = permission}};
      IMMUDB_CHECK(users_->Create(user).has_value());
    };
    add("reader", auth::kPermissionRead);
    add("writer", auth::kPermissionReadWrite);
    add("admin", auth::kPermissionAdmin);
    IMMUDB_CHECK(catalog_->CreateDatabase("other").has_value());
    const auto log_in = [this](Caller caller, std::string_view name) {
      tokens_[static_cast<std::size_t>(caller)] =
          sessions_->Open(*users_->Find(name), std::string(catalog::kDefaultDatabase)).value();
    };
    log_in(Caller::kSuperadmin, auth::kSuperadminName);
    log_in(Caller::kReader, "reader");
    log_in(Caller::kWriter, "writer");
    log_in(Caller::kAdministrator, "admin");
    tokens_[static_cast<std::size_t>(Caller::kUnknownToken)] = "unknown";
  }

  // Keys with several versions, references, and sorted sets.
  void AddEntries() {
    const catalog::LedgerHandle ledger = catalog_->Find(catalog::kDefaultDatabase);
    const auto commit = [&ledger](WriteBatch batch) {
      IMMUDB_CHECK(ledger->Commit(std::move(batch)).has_value());
    };
    for (const char* key : {"a", "b", "abc", "a"}) {
      WriteBatch batch;
      batch.Set(AsBytes(key), AsBytes("value"));
      commit(std::move(batch));
    }
    commit(ledger->BindReference(AsBytes("r"), {.key = Bytes{'a'}}).value());
    for (const double score : {-1.5, 0.0, 2.0}) {
      commit(ledger->BindSortedSetEntry(AsBytes("s"), score, {.key = Bytes{'b'}}).value());
    }
  }

  std::uint64_t Size() const {
    return catalog_->Find(catalog::kDefaultDatabase)->Head()->size.value;
  }

  void Settle() {
    while (reads_->RunOne() || hashing_->RunOne()) {
    }
  }

  void Elapse() {
    reads_->ElapseDelays();
    hashing_->ElapseDelays();
    Settle();
  }

  rpc::RpcStatus ReadToEnd(rpc::MessageStream& stream) {
    for (;;) {
      const rpc::MessageStream::Next next = stream.Pull([] {});
      if (next.kind == rpc::MessageStream::Next::Kind::kEnd) return next.status;
      if (next.kind == rpc::MessageStream::Next::Kind::kLater) Settle();
    }
  }

  io::MemoryFileSystem files_;
  crypto::SeededRandom random_{1};
  FakeClock clock_;
  PlainHasher hasher_;
  ThreadPool committers_{1, "committer"};
  ThreadPool syncers_{1, "sync"};
  ThreadPool maintenance_{1, "maintenance"};
  ThreadPool merges_{1, "merges"};
  const std::unique_ptr<Engine> engine_ =
      ledger::MakeEngine(SmallEngine(), {.files = files_,
                                         .clock = clock_,
                                         .random = random_,
                                         .committers = committers_,
                                         .syncers = syncers_,
                                         .maintenance = maintenance_,
                                         .merges = merges_});
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<auth::UserRegistry> users_;
  auth::LoginThrottle throttle_{clock_, auth::LoginThrottle::Options{}};
  std::unique_ptr<auth::Authenticator> authenticator_;
  std::optional<auth::SessionTable> sessions_;
  ManualExecutor* reads_ = nullptr;
  ManualExecutor* hashing_ = nullptr;
  std::unique_ptr<Service> service_;
  std::array<std::optional<std::string>, 6> tokens_;
};

// Whether such a call may have changed what later inputs see.
bool MayHaveChanged(std::uint32_t row, const FakeAnswer& answer) {
  if (row >= MethodTable().size()) return false;
  const MethodRow& method = MethodTable()[row];
  if (method.name == "Login") return true;  // Failed ones are counted.
  return answer.status.ok() && method.need != Need::kRead && method.need != Need::kNothing;
}

// An accepted reply is a message of its type.
void CheckReply(std::uint32_t row, const FakeAnswer& answer) {
  if (row >= MethodTable().size() || !answer.status.ok()) return;
  const MethodRow& method = MethodTable()[row];
  if (method.kind == rpc::MethodKind::kServerStream) return;
  const auto* const type = google::protobuf::DescriptorPool::generated_pool()
                               ->FindServiceByName(std::string(kServiceName))
                               ->FindMethodByName(std::string(method.name));
  IMMUDB_CHECK(type != nullptr);
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(type->output_type())
          ->New());
  IMMUDB_CHECK(message->ParseFromArray(answer.reply.data(), static_cast<int>(answer.reply.size())));
}

}  // namespace

void FuzzRequest(BytesView bytes) {
  SetLogLevel(LogLevel::kOff);
  static std::unique_ptr<World> world;  // Kept, for making one takes a while.
  if (world == nullptr) world = std::make_unique<World>();
  FuzzInput input(bytes);
  const std::size_t choice = input.Byte();
  const auto row = static_cast<std::uint32_t>(choice % RowCount());
  const auto caller = static_cast<Caller>(choice / RowCount());
  const FakeAnswer answer = world->Call(row, caller, input.rest());
  CheckReply(row, answer);
  if (MayHaveChanged(row, answer)) world.reset();
}

}  // namespace immudb::api

IMMUDB_FUZZ_TARGET(RequestFuzzTest, "api_request", immudb::api::FuzzRequest)
