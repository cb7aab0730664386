#include "api/root_signer.h"

#include <gtest/gtest.h>
#include <schema.pb.h>

#include <string>

#include "api/encode.h"
#include "api/testing/service_fixture.h"

namespace immudb::api {
namespace {

// Made by openssl for this test and used nowhere else.
constexpr const char* kKey =
    "-----BEGIN EC PRIVATE KEY-----\n"
    "MHcCAQEEIEdENbW4VQdNsUNc0qyyACd/zMxQiGeZze2S3bYNAb94oAoGCCqGSM49\n"
    "AwEHoUQDQgAEX8aHJJr/KsGvJNJlUEh+WPPna4dA9Lj4pXo/mYGYjGdc+OySJ6ir\n"
    "7j3TjNR+ORsraPqfFtKqWvva320LBFUMRQ==\n"
    "-----END EC PRIVATE KEY-----\n";

class RootSignerTest : public ServiceFixture {
 protected:
  void SetUp() override {
    StartService();
    Restart();
  }
  void TearDown() override {
    signer_.reset();
    ServiceFixture::TearDown();
  }

  // A signer that knows only what is on the disk.
  void Restart() {
    signer_ =
        std::make_unique<RootSigner>(crypto::EcdsaPrivateKey::FromPem(kKey).value(), *catalog_);
  }
  void Set(const std::string& key) {
    WriteBatch batch;
    batch.Set(AsBytes(key), AsBytes("v"));
    ASSERT_TRUE(defaultdb().Commit(std::move(batch)));
  }
  Result<SignedRoot> Sign() { return signer_->Sign("defaultdb", defaultdb()); }

  std::unique_ptr<RootSigner> signer_;
};

TEST_F(RootSignerTest, WhatClientsVerifyIsWhatIsSigned) {
  for (int entries = 0; entries < 3; ++entries) {
    const SignedRoot root = Sign().value();
    EXPECT_EQ(root.head, defaultdb().Head().value());
    // As a client does it: the payload that arrived, with the key that came with it.
    const Bytes reply = EncodeSignedRoot(root.head, root.signature, signer_->public_key());
    schema::Root message;
    ASSERT_TRUE(message.ParseFromArray(reply.data(), static_cast<int>(reply.size())));
    const std::string payload = message.payload().SerializeAsString();
    EXPECT_EQ(message.signature().publickey().size(), 65u);
    EXPECT_TRUE(crypto::VerifyEcdsa(signer_->public_key(), AsBytes(payload),
                                    AsBytes(message.signature().signature())));
    Set("k" + std::to_string(entries));
  }
}

TEST_F(RootSignerTest, TheAuditTrailIsSignedAsAnyDatabase) {
  const SignedRoot root = signer_->Sign("systemdb", catalog_->audit_ledger()).value();
  EXPECT_EQ(root.head, catalog_->audit_ledger().Head().value());
  EXPECT_EQ(catalog_->ReadSignedRoot("systemdb").value(), root.head);
}

TEST_F(RootSignerTest, ASignatureOfASnapshotIsOfItsLedgerOnly) {
  ledger::SnapshotManifest manifest{.meta = {.origin = "immudb/x/systemdb"},
                                    .head = {.size = {3}},
                                    .log_bytes = 208,
                                    .taken_us = 7};
  manifest.public_key = signer_->public_key();
  EXPECT_FALSE(ledger::HasSoundSignature(manifest));
  manifest.signature = signer_->SignSnapshot(manifest).value();
  EXPECT_TRUE(ledger::HasSoundSignature(manifest));
  for (int change = 0; change < 6; ++change) {
    ledger::SnapshotManifest other = manifest;
    if (change == 0) other.meta.origin = "immudb/x/other";
    if (change == 1) other.meta.ledger.bytes[0] ^= 1;
    if (change == 2) ++other.head.size.value;
    if (change == 3) other.head.root[0] ^= 1;
    if (change == 4) other.log_bytes += 8;
    if (change == 5) ++other.taken_us;
    EXPECT_FALSE(ledger::HasSoundSignature(other)) << change;
  }
}

TEST_F(RootSignerTest, ARootHasOneSignature) {
  Set("a");
  const Bytes first = Sign().value().signature;
  EXPECT_EQ(Sign().value().signature, first);
  Set("b");
  EXPECT_NE(Sign().value().signature, first);
}

TEST_F(RootSignerTest, WhatContradictsASignedRootIsNeverSigned) {
  Set("a");
  Set("b");
  ASSERT_TRUE(Sign());
  auto& entries = engine_.state("/data/defaultdb").entries;
  entries.pop_back();
  EXPECT_EQ(Sign().error().code, Code::kCorrupted);
  Restart();
  EXPECT_EQ(Sign().error().code, Code::kCorrupted);
  Set("c");  // As many as before, and another root.
  EXPECT_EQ(Sign().error().code, Code::kCorrupted);
  Restart();
  EXPECT_EQ(Sign().error().code, Code::kCorrupted);
}

TEST_F(RootSignerTest, NothingIsSignedBeforeItIsOnTheDisk) {
  Set("a");
  files_.FailAt(files_.operations(), io::Fault::kNoSpace, io::FaultRepeat::kSticky);
  EXPECT_FALSE(Sign());
  files_.ClearFaults();
  ASSERT_TRUE(Sign());
  files_.Crash(io::CrashPolicy::kDropAll);
  const auto stored = catalog_->ReadSignedRoot("defaultdb");
  ASSERT_TRUE(stored && *stored);
  EXPECT_EQ(**stored, defaultdb().Head().value());
}

TEST_F(RootSignerTest, ADamagedRecordStopsSigning) {
  Set("a");
  ASSERT_TRUE(Sign());
  ASSERT_TRUE(io::ReplaceFile(files_, "/data/defaultdb/signed-root", AsBytes("nonsense")));
  Restart();
  EXPECT_EQ(Sign().error().code, Code::kCorrupted);
}

}  // namespace
}  // namespace immudb::api
