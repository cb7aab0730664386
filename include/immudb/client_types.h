// What the calls of a client take and give.
//
// Values have two forms. *Structured* is what official clients write: a message that holds the time
// of writing, as the client's clock had it, and the payload. *Raw* is the bytes alone. The server
// stores both as bytes, and both are proven as stored.

#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/digest.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb {

enum class ValueForm : std::uint8_t { kStructured, kRaw };

struct CallOptions {
  ValueForm form = ValueForm::kStructured;
  std::optional<std::chrono::milliseconds> deadline;  // Instead of the client's.
};

struct Content {
  std::uint64_t timestamp = 0;  // Seconds since 1970-01-01 UTC.
  Bytes payload;
};

// The bytes that a structured value is stored as. Source: message Content of immudb 0.8.1.
Bytes EncodeContent(const Content& content);
// Errors: kUnsupported if `stored` is no structured value.
Result<Content> DecodeContent(BytesView stored);

struct KeyValue {
  Bytes key;
  Bytes value;
};

// A record as it is stored: an entry, or what the server derives from them.
// Source: the messages of Dump in immudb 0.8.1, which are those of its storage engine.
struct DumpRecord {
  Bytes key;
  Bytes value;
  Bytes user_meta;
  std::uint64_t version = 0;
  std::uint64_t expires_at = 0;
  Bytes meta;
  std::uint32_t stream_id = 0;
  bool is_last_of_stream = false;
};

// The bytes of a record in a dump file. Source: message KV of immudb 0.8.1.
Bytes EncodeDumpRecord(const DumpRecord& record);

struct Item {
  Bytes key;
  Bytes value;  // In the form asked for: the payload, or the bytes as stored.
  LeafIndex index;
  std::optional<std::uint64_t> timestamp;  // Of a structured value.
};

// An entry that is proven to be in the tree `head`, which is consistent with all that this client
// trusted before. `leaf` is its hash.
struct VerifiedWrite {
  LeafIndex index;
  Digest leaf{};
  TreeHead head;
};

struct VerifiedItem {
  Item item;
  Digest leaf{};
  TreeHead head;
  // If the key asked for is a reference: the entry that makes it one, proven too.
  std::optional<VerifiedWrite> reference;
};

struct Page {
  std::vector<Item> items;
  bool more = false;  // Entries follow.
};

enum class ScanOrder : std::uint8_t { kForward, kBackward };
enum class ScanDepth : std::uint8_t { kPlainOnly, kFollowReferences };

struct ScanRequest {
  Bytes prefix;
  Bytes offset;             // The last key of the page before; empty: from the start.
  std::uint64_t limit = 0;  // 0: the server's own.
  ScanOrder order = ScanOrder::kForward;
  ScanDepth depth = ScanDepth::kPlainOnly;
};

struct HistoryRequest {
  Bytes key;
  std::uint64_t offset = 0;                // The last index of the page before; 0: from the start.
  std::uint64_t limit = 0;                 // 0: all.
  ScanOrder order = ScanOrder::kBackward;  // The newest version first.
};

struct PageRequest {
  std::uint64_t number = 1;
  std::uint64_t size = 0;
};

struct ReferenceRequest {
  Bytes name;
  Bytes key;
  std::optional<LeafIndex> index;  // Of the one version of `key` that is meant.
};

struct SetEntryRequest {
  Bytes set;
  double score = 0;
  Bytes key;
  std::optional<LeafIndex> index;  // Of the one version of `key` that is meant.
};

struct SetScanRequest {
  Bytes set;
  Bytes offset;             // SetMember::offset of the last member of the page before.
  std::uint64_t limit = 0;  // 0: the server's own.
  ScanOrder order = ScanOrder::kForward;
  std::optional<double> min;
  std::optional<double> max;
};

struct SetMember {
  Item item;
  double score = 0;
  LeafIndex index;  // Of the set's entry.
  Bytes offset;
};

// A part of an atomic write.
using Operation = std::variant<KeyValue, ReferenceRequest, SetEntryRequest>;

struct SignedHead {
  TreeHead head;
  Bytes signature;   // Empty if the server does not sign.
  Bytes public_key;  // As the server says. What counts is a key known from elsewhere.
};

struct HealthReport {
  bool healthy = false;
  std::string version;
  std::string server_uuid;  // What the server calls itself.
};

struct LoginReply {
  std::string warning;  // For people; empty if there is none.
};

// What a program keeps to go on with a session in another process. The token is a secret.
struct Session {
  std::string token;
  std::string database;  // Empty: none was chosen.
};

enum class Permission : std::uint32_t {
  kNone = 0,
  kRead = 1,
  kReadWrite = 2,
  kAdmin = 254,
  kSystem = 255,
};
enum class PermissionChange : std::uint8_t { kGrant, kRevoke };

struct Grant {
  std::string database;
  std::uint32_t permission = 0;  // A Permission, or a number this client does not know.
};

struct User {
  std::string name;
  std::vector<Grant> grants;
  std::string created_by;
  std::string created_at;  // As the server writes it.
  bool active = false;
};

struct CreateUserRequest {
  std::string name;
  std::string password;
  Permission permission = Permission::kRead;
  std::string database;
};

struct ChangePasswordRequest {
  std::string name;
  std::string old_password;  // Needed by the superadmin for himself only.
  std::string new_password;
};

struct ChangePermissionRequest {
  PermissionChange change = PermissionChange::kGrant;
  std::string name;
  std::string database;
  Permission permission = Permission::kRead;
};

enum class UserState : std::uint8_t { kInactive, kActive };
enum class AuthKind : std::uint32_t { kNone = 0, kPassword = 1, kSignature = 2 };
enum class MtlsMode : std::uint8_t { kOff, kOn };

// A node of the server's tree, as PrintTree shows it.
struct TreeNode {
  Bytes position;
  Bytes hash;
  Bytes key;
  bool is_reference = false;
  bool is_cached = false;
  bool is_root = false;
};
using TreeLayer = std::vector<TreeNode>;

// A database as the superadmin sees it.
struct DatabaseState {
  std::string name;
  bool is_open = false;  // Else it is at rest, and what follows is as of its closing.
  TreeHead head;
  bool has_root = false;  // Else the root is not known: at rest, or damaged.
  std::uint64_t log_bytes = 0;
  std::uint64_t derived_bytes = 0;
  bool damaged = false;
  bool accepts_writes = false;
};

// An entry of the audit trail.
struct AuditEntry {
  LeafIndex index;
  Bytes key;
  Bytes value;  // A JSON object.
};

struct AuditPage {
  std::vector<AuditEntry> entries;
  TreeHead head;  // Of the whole trail.
};

}  // namespace immudb
