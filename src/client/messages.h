// The messages on the wire, made from and taken into the types of this library. Only the source
// files of this header see the generated code.
//
// Decoding trusts nothing: bytes that are no such message are kCorrupted, and a digest of another
// length than 32 bytes in a proof is kTampered.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "immudb/bytes.h"
#include "immudb/client_types.h"
#include "immudb/result.h"
#include "immudb/tree.h"

namespace immudb::client {

// A structured value as it is stored. Source: message Content of immudb 0.8.1.
Bytes EncodeContent(std::uint64_t timestamp, BytesView payload);

// The index of the newest entry of the trusted tree, as verified calls name it.
using Since = std::optional<LeafIndex>;

Bytes EncodeKey(BytesView key);
Bytes EncodeKeyValue(BytesView key, BytesView value);
Bytes EncodePairs(const std::vector<KeyValue>& pairs);
Bytes EncodeKeys(const std::vector<Bytes>& keys);
Bytes EncodeOperations(const std::vector<Operation>& operations);
Bytes EncodeIndex(LeafIndex index);
Bytes EncodeHistory(const HistoryRequest& request);
Bytes EncodeScan(const ScanRequest& request);
Bytes EncodePage(const PageRequest& request);
Bytes EncodeReference(const ReferenceRequest& request);
Bytes EncodeSetEntry(const SetEntryRequest& request);
Bytes EncodeSetScan(const SetScanRequest& request);
Bytes EncodeSafeSet(BytesView key, BytesView value, Since since);
Bytes EncodeSafeGet(BytesView key, Since since);
Bytes EncodeSafeIndex(LeafIndex index, Since since);
Bytes EncodeSafeReference(const ReferenceRequest& request, Since since);
Bytes EncodeSafeSetEntry(const SetEntryRequest& request, Since since);
Bytes EncodeLogin(const std::string& user, const std::string& password);
Bytes EncodeDatabase(const std::string& name);
Bytes EncodeCreateUser(const CreateUserRequest& request);
Bytes EncodeChangePassword(const ChangePasswordRequest& request);
Bytes EncodeChangePermission(const ChangePermissionRequest& request);
Bytes EncodeSetActiveUser(const std::string& name, UserState state);
Bytes EncodeAuthKind(AuthKind kind);
Bytes EncodeMtls(MtlsMode mode);
Bytes EncodeAuditRange(LeafIndex first, std::uint32_t limit);
Bytes EncodeSnapshotRequest(const std::string& database);
// The bytes that a server signs. Source: immudb 0.8.1.
// Requires: head.size > 0.
Bytes EncodeSignedPayload(const TreeHead& head);

// An item and its proof, as they came: nothing is checked.
struct ProvenItem {
  Item item;
  EntryProof proof;
};

struct LoginAnswer {
  std::string token;
  std::string warning;
};

Result<LeafIndex> DecodeIndex(const Bytes& body);
Result<Item> DecodeItem(const Bytes& body, ValueForm form);
Result<std::vector<Item>> DecodeItems(const Bytes& body, ValueForm form);
Result<Page> DecodePage(const Bytes& body, ValueForm form);
Result<std::vector<SetMember>> DecodeSetMembers(const Bytes& body, ValueForm form);
Result<std::uint64_t> DecodeCount(const Bytes& body);
Result<SignedHead> DecodeRoot(const Bytes& body);
Result<InclusionProof> DecodeInclusion(const Bytes& body);
Result<ConsistencyProof> DecodeConsistency(const Bytes& body);
Result<EntryProof> DecodeProof(const Bytes& body);
Result<ProvenItem> DecodeSafeItem(const Bytes& body);
Result<LoginAnswer> DecodeLogin(const Bytes& body);
Result<std::string> DecodeToken(const Bytes& body);
Result<std::vector<std::string>> DecodeDatabases(const Bytes& body);
Result<std::vector<User>> DecodeUsers(const Bytes& body);
Result<HealthReport> DecodeHealth(const Bytes& body);
Result<std::vector<TreeLayer>> DecodeTree(const Bytes& body);
Result<std::vector<DumpRecord>> DecodeDump(const Bytes& body);
Result<std::vector<DatabaseState>> DecodeDatabaseStates(const Bytes& body);
Result<AuditPage> DecodeAuditPage(const Bytes& body);
Result<std::string> DecodeSnapshotPiece(const Bytes& body);

// Turns the value of `item` from what is stored into `form`. Errors: kUnsupported.
Status ToForm(Item& item, ValueForm form);

}  // namespace immudb::client
