/* SPDX-License-Identifier: MIT
 *
 * Runs a fuzz target over every file of the folders named, without libFuzzer.
 */
#include <dirent.h>

#include "base/buffer.h"
#include "base/file.h"
#include "fuzz.h"

enum { MOST_BYTES = 1024 * 1024, PATH_BYTES = 4096 };

static void replay(const char *path)
{
    struct dg_buffer b;

    dg_buffer_init(&b, MOST_BYTES);
    fuzz_require(dg_file_read(path, &b, NULL), path);
    LLVMFuzzerTestOneInput((const uint8_t *)b.data, b.size);
    dg_buffer_done(&b);
}

int main(int argc, char **argv)
{
    char path[PATH_BYTES];
    size_t files = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        fuzz_require(folder, argv[i]);
        for (struct dirent *e; (e = readdir(folder));) {
            if (e->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], e->d_name);
            replay(path);
            files++;
        }
        closedir(folder);
    }
    printf("%zu inputs\n", files);
    return files == 0;
}
