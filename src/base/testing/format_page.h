// For tests of file formats: the example of a format's page, and files whose checksum is made to
// fit again.

#pragma once

#include <fstream>
#include <iterator>
#include <string>

#include "base/crc32c.h"
#include "base/encoding.h"
#include "base/hex.h"
#include "immudb/bytes.h"

namespace immudb {

// The bytes in the last code block of docs/formats/`page`.
inline Bytes ExampleOfPage(const std::string& page) {
  std::ifstream file(IMMUDB_SOURCE_DIR "/docs/formats/" + page);
  const std::string all{std::istreambuf_iterator<char>(file), {}};
  const std::size_t end = all.rfind("```");
  const std::size_t begin = all.rfind("```", end - 1) + 3;
  std::string digits;
  for (const char character : all.substr(begin, end - begin)) {
    if (character != ' ' && character != '\n') digits += character;
  }
  return FromHex(digits).value();
}

// `file` with a checksum at its end that fits, so that what is behind the checksum is tested.
inline Bytes Resealed(Bytes file) {
  const std::size_t covered = file.size() - 4;
  PutU32(file.data() + covered, Crc32c(0, BytesView(file).first(covered)));
  return file;
}

}  // namespace immudb
