/* SPDX-License-Identifier: MIT
 *
 * bench_csv FILE: reads it with the program's own reader, prints a line of JSON.
 */
#include "core/csv.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

static double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    struct dg_error err;
    struct dg_csv_row row;
    enum dg_csv_got got = DG_CSV_FAULT;
    uint64_t rows = 0, cells = 0;
    if (argc != 2) {
        fprintf(stderr, "usage: bench_csv FILE\n");
        return 2;
    }
    double begun = seconds();
    struct dg_csv *c = dg_csv_open(argv[1], &err);
    while (c && (got = dg_csv_next(c, &row, &err)) == DG_CSV_ROW) {
        rows++;
        cells += row.count;
    }
    double spent = seconds() - begun;
    if (got != DG_CSV_END) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    printf("{\"rows\":%" PRIu64 ",\"cells\":%" PRIu64 ",\"bytes\":%" PRIu64
           ",\"seconds\":%.4f,\"rows_per_second\":%.0f}\n",
           rows, cells, dg_csv_offset(c), spent, (double)rows / spent);
    dg_csv_free(c);
    return 0;
}
