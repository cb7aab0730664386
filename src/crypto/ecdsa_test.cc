#include "crypto/ecdsa.h"

#include <gtest/gtest.h>

#include <string>

#include "base/hex.h"
#include "crypto/testing/test_key.h"

namespace immudb::crypto {
namespace {

// The public part of the key, and a signature with it by OpenSSL's command line.
constexpr std::string_view kPoint =
    "0425d8aa36ed9b006ac09d113828273378e854abb88a413e772a2743c10b960292"
    "efc35a5eadd9b4a86d65b11e16c9ffbb8748c6b4a1bae3f44ac6dff7e38b9ccd";
constexpr std::string_view kSignature =
    "3046022100a6a221aa6d02cd70fcf8b902e0c55740f85f37b7f9d8f1529c3d3d0965ce4f7a"
    "022100e4b47a85a9ef0a50b21c21598dc0c87e323f997a90d775e7a7c1d83c54ffe2f2";

TEST(EcdsaTest, ASignatureOfAnotherToolIsAccepted) {
  EXPECT_TRUE(VerifyEcdsa(*FromHex(kPoint), AsBytes("message"), *FromHex(kSignature)));
}

TEST(EcdsaTest, EverySingleByteChangeOfKeyMessageOrSignatureIsRefused) {
  const Bytes point = *FromHex(kPoint);
  const Bytes signature = *FromHex(kSignature);
  for (std::size_t i = 0; i < point.size(); ++i) {
    Bytes changed = point;
    changed[i] ^= 1;
    EXPECT_FALSE(VerifyEcdsa(changed, AsBytes("message"), signature)) << "byte " << i;
  }
  for (std::size_t i = 0; i < signature.size(); ++i) {
    Bytes changed = signature;
    changed[i] ^= 1;
    EXPECT_FALSE(VerifyEcdsa(point, AsBytes("message"), changed)) << "byte " << i;
  }
  EXPECT_FALSE(VerifyEcdsa(point, AsBytes("massage"), signature));
}

TEST(EcdsaTest, MissingAndShortKeysAndSignaturesAreRefused) {
  const Bytes point = *FromHex(kPoint);
  const Bytes signature = *FromHex(kSignature);
  EXPECT_FALSE(VerifyEcdsa({}, AsBytes("message"), signature));
  EXPECT_FALSE(VerifyEcdsa(point, AsBytes("message"), {}));
  for (std::size_t length = 0; length < point.size(); ++length) {
    EXPECT_FALSE(VerifyEcdsa(BytesView(point).first(length), AsBytes("message"), signature));
  }
  Bytes longer = signature;
  longer.push_back(0);
  EXPECT_FALSE(VerifyEcdsa(point, AsBytes("message"), longer));
}

TEST(EcdsaTest, WhatAKeySignsItsPublicKeyVerifies) {
  const auto key = EcdsaPrivateKey::FromPem(kTestKeyPem);
  ASSERT_TRUE(key);
  EXPECT_EQ(ToHex(key->public_key()), kPoint);
  const auto signature = key->Sign(AsBytes("another message"));
  ASSERT_TRUE(signature);
  EXPECT_TRUE(VerifyEcdsa(key->public_key(), AsBytes("another message"), *signature));
  EXPECT_FALSE(VerifyEcdsa(key->public_key(), AsBytes("message"), *signature));
}

TEST(EcdsaTest, TextThatIsNoP256KeyIsRefused) {
  EXPECT_FALSE(EcdsaPrivateKey::FromPem(""));
  EXPECT_FALSE(EcdsaPrivateKey::FromPem(kTestKeyPem.substr(0, 120)));
  EXPECT_FALSE(EcdsaPrivateKey::FromPem("-----BEGIN PRIVATE KEY-----\nAAAA\n"));
}

}  // namespace
}  // namespace immudb::crypto
