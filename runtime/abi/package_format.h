/* The bytes of model.heddle: what the compiler's writer and the runtime's reader owe each other. All numbers are
 * little-endian. docs/package.md describes the sections.
 *
 *   header | section table | padding | manifest | padding | host | padding | constants
 *
 * Sections start at multiples of HEDDLE_PACKAGE_PAGE, in the table's order. Padding is zero. Each byte of the file is
 * covered by a check: the header and table by header_hash, sections by their hash, padding by being zero.
 */
#ifndef HEDDLE_PACKAGE_FORMAT_H
#define HEDDLE_PACKAGE_FORMAT_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The first byte is not text and the last is a line end, so that a transfer as text is noticed. */
#define HEDDLE_PACKAGE_MAGIC "\x89HEDDLE\n"
#define HEDDLE_PACKAGE_MAGIC_BYTES 8
#define HEDDLE_PACKAGE_VERSION 1
#define HEDDLE_PACKAGE_PAGE 4096
#define HEDDLE_PACKAGE_MAX_SECTIONS 16
#define HEDDLE_PACKAGE_NAME_BYTES 24

typedef struct heddle_package_header {
  char magic[HEDDLE_PACKAGE_MAGIC_BYTES];
  uint32_t version;        /* of the writer */
  uint32_t reader_version; /* the oldest reader that understands this file */
  uint32_t section_count;
  uint32_t section_bytes; /* sizeof(heddle_package_section_t) */
  uint64_t file_bytes;
  uint64_t header_hash; /* XXH3-64 of header and table, with this field zero */
  uint8_t reserved[24]; /* zero */
} heddle_package_header_t;

typedef struct heddle_package_section {
  char name[HEDDLE_PACKAGE_NAME_BYTES]; /* padded with zeros */
  uint64_t offset;
  uint64_t bytes;
  uint64_t hash;        /* XXH3-64 of the section */
  uint8_t reserved[16]; /* zero */
} heddle_package_section_t;

#ifdef __cplusplus
}
static_assert(sizeof(heddle_package_header_t) == 64 && sizeof(heddle_package_section_t) == 64, "layout is fixed");
#endif
#endif
