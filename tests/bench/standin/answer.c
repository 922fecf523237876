/* SPDX-License-Identifier: MIT
 *
 * Making the answer.  Leans on base64's encoder.
 */
#include "answer.h"

#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/base64.h"

static const char BEFORE[] = "{\n  \"created\": 1713833628,\n  \"data\": [\n    {\n"
                             "      \"b64_json\": \"";
static const char AFTER[] =
    "\"\n    }\n  ],\n  \"background\": \"opaque\",\n  \"output_format\": \"png\",\n"
    "  \"quality\": \"high\",\n  \"size\": \"1024x1024\",\n  \"usage\": {\n"
    "    \"input_tokens\": 371,\n    \"input_tokens_details\": {\n"
    "      \"image_tokens\": 323,\n      \"text_tokens\": 48\n    },\n"
    "    \"output_tokens\": 4160,\n    \"total_tokens\": 4531\n  }\n}\n";

static char *map_new(int fd, size_t size)
{
    if (fd < 0 || ftruncate(fd, (off_t)size) < 0)
        return NULL;
    void *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
    return bytes == MAP_FAILED ? NULL : bytes;
}

static bool fill(struct answer *a, const uint8_t *picture, size_t picture_size)
{
    size_t text_size = dg_base64_size(picture_size);
    a->size = sizeof BEFORE - 1 + text_size + sizeof AFTER - 1;
    a->fd = memfd_create("answer", MFD_CLOEXEC);
    char *at = map_new(a->fd, a->size);
    if (!at)
        return false;
    a->bytes = at;
    memcpy(at, BEFORE, sizeof BEFORE - 1);
    dg_base64_encode(picture, picture_size, at + sizeof BEFORE - 1);
    memcpy(at + sizeof BEFORE - 1 + text_size, AFTER, sizeof AFTER - 1);
    return true;
}

bool answer_make(struct answer *a, const char *picture_path)
{
    struct stat st;
    int fd = open(picture_path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return false;
    size_t size = (size_t)st.st_size;
    void *picture = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (picture == MAP_FAILED)
        return false;
    bool made = fill(a, picture, size);
    munmap(picture, size);
    return made;
}
