/* SPDX-License-Identifier: MIT
 *
 * core/csv: what is read, written and read again is the same.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "core/csv.h"
#include "fuzz.h"

enum { TEXT_BYTES = 1024 * 1024 };

/* Reads `text` as a file of its own, writes its rows to `out`; false at a fault. */
static bool copy(const char *text, size_t n, struct dg_buffer *out)
{
    struct dg_error err;
    struct dg_csv_row row;
    enum dg_csv_got got;
    char path[64];
    int fd = memfd_create("csv", MFD_CLOEXEC);

    fuzz_require(fd >= 0 && dg_file_write(fd, text, n, &err), "a file in memory");
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    struct dg_csv *csv = dg_csv_open(path, &err);
    fuzz_require(csv, "it opens");
    while ((got = dg_csv_next(csv, &row, &err)) == DG_CSV_ROW)
        fuzz_require(row.count > 0 && dg_csv_write(out, row.cells, row.count), "it is written");
    dg_csv_free(csv);
    close(fd);
    return got == DG_CSV_END;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct dg_buffer once, twice;

    dg_buffer_init(&once, TEXT_BYTES);
    dg_buffer_init(&twice, TEXT_BYTES);
    dg_buffer_text(&once, "header\n"); /* a byte order mark stays in a cell */
    copy((const char *)data, n, &once);
    fuzz_require(copy(once.data, once.size, &twice), "what was written is read");
    fuzz_require(once.size == twice.size && memcmp(once.data, twice.data, once.size) == 0,
                 "the same is read again");
    dg_buffer_done(&once);
    dg_buffer_done(&twice);
    return 0;
}
