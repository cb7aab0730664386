// Signatures over the curve P-256 with SHA-256 (FIPS 186-4), as servers sign their roots.
//
// A public key is the uncompressed point: the byte 4, then both coordinates, 65 bytes. A signature
// is the DER sequence of its two numbers.

#pragma once

#include <memory>
#include <string_view>

#include "immudb/bytes.h"
#include "immudb/result.h"

namespace immudb::crypto {

// Returns whether `signature` is one of `message` by `public_key`. A malformed key or signature is
// none.
bool VerifyEcdsa(BytesView public_key, BytesView message, BytesView signature);

// Thread-compatible. May be moved.
class EcdsaPrivateKey {
 public:
  // Errors: kInvalidArgument, without a word of the text, if it is no P-256 key in PEM without a
  // password.
  static Result<EcdsaPrivateKey> FromPem(std::string_view pem);

  ~EcdsaPrivateKey();
  EcdsaPrivateKey(const EcdsaPrivateKey&) = delete;
  EcdsaPrivateKey& operator=(const EcdsaPrivateKey&) = delete;
  EcdsaPrivateKey(EcdsaPrivateKey&& other) noexcept;
  EcdsaPrivateKey& operator=(EcdsaPrivateKey&& other) noexcept;

  const Bytes& public_key() const { return public_key_; }

  // Errors: kUnavailable if there is no randomness to be had.
  Result<Bytes> Sign(BytesView message) const;

 private:
  struct Key;
  EcdsaPrivateKey(std::unique_ptr<Key> key, Bytes public_key);

  std::unique_ptr<Key> key_;
  Bytes public_key_;
};

}  // namespace immudb::crypto
