/* SPDX-License-Identifier: MIT
 *
 * The reader of lines: reading, checking and counting.  What arrives is checked
 * a buffer at a time; at the first bad byte the buffer is cut there and the
 * fault is kept until everything before it was handed out.
 * Leans on base and POSIX files.
 */
#include "core/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/stop.h"
#include "base/text.h"

enum { BUFFER_BYTES = 64 * 1024, MAGIC_BYTES = 5 };

enum trouble { NO_TROUBLE, TROUBLE_NUL, TROUBLE_UTF8, TROUBLE_CUT };

struct dg_lines {
    char *name;             /* the file, as messages call it */
    int fd;                 /* -1 once closed */
    bool owns_fd;           /* not standard input */
    bool regular;           /* a file on disk: reading it never waits for anybody */
    bool impatient;         /* a pipe is not waited for */
    bool waiting;           /* it had nothing at the last look */
    bool cr_ends;           /* a CR alone ends a line */
    bool begun;             /* the first bytes were judged */
    bool eof;               /* nothing more can be read */
    enum trouble trouble;   /* met in the file right behind the buffer's end */
    uint8_t bad_byte;       /* the byte in question */
    size_t start;           /* buffer: first byte not handed out */
    size_t end;             /* buffer: behind the last good byte */
    size_t read_end;        /* buffer: behind the last byte read */
    uint64_t offset;        /* of buffer[start] in the file */
    uint64_t line;          /* of buffer[start], from 1 */
    uint64_t column;        /* likewise */
    struct dg_hasher *read; /* all that was read, NULL: nobody asks */
    char buffer[BUFFER_BYTES];
};

bool dg_lines_fault(const struct dg_lines *l, uint64_t line, uint64_t column, const char *code,
                    struct dg_error *err, const char *fmt, ...)
{
    char text[DG_MESSAGE_BYTES];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return dg_error_set(err, DG_KIND_INPUT, code, "%s:%" PRIu64 ":%" PRIu64 ": %s", l->name, line,
                        column, text);
}

struct dg_lines *dg_lines_open(const char *path, bool cr_ends, struct dg_error *err)
{
    bool standard = strcmp(path, "-") == 0;
    /* Not to block here, for a FIFO's writer, where no request to stop is seen. */
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = standard ? STDIN_FILENO : open(path, flags);
    if (fd < 0) {
        dg_error_set(err, DG_KIND_INPUT, "open", "cannot open the input %s: %s", path,
                     strerror(errno));
        return NULL;
    }
    struct stat st = { 0 };
    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
        dg_error_set(err, DG_KIND_INPUT, "open",
                     "the input %s is a folder; name a CSV or JSON Lines file", path);
        if (!standard)
            close(fd);
        return NULL;
    }
    struct dg_lines *l = dg_alloc(sizeof *l);
    memset(l, 0, offsetof(struct dg_lines, buffer));
    l->name = dg_strdup(standard ? "standard input" : path);
    l->fd = fd;
    l->owns_fd = !standard;
    l->regular = S_ISREG(st.st_mode);
    l->cr_ends = cr_ends;
    l->line = l->column = 1;
    return l;
}

void dg_lines_free(struct dg_lines *l)
{
    if (!l)
        return;
    if (l->owns_fd)
        close(l->fd);
    dg_hasher_free(l->read);
    dg_free(l->name);
    dg_free(l);
}

int dg_lines_fd(const struct dg_lines *l)
{
    return l->fd;
}

uint64_t dg_lines_offset(const struct dg_lines *l)
{
    return l->offset;
}

void dg_lines_hash(struct dg_lines *l)
{
    if (!l->read)
        l->read = dg_hasher_new();
}

bool dg_lines_digest(const struct dg_lines *l, char hex[DG_HASH_HEX_BYTES])
{
    if (!l->read || !l->eof || l->start < l->read_end)
        return false;
    dg_hasher_hex(l->read, hex);
    return true;
}

void dg_lines_impatient(struct dg_lines *l, bool impatient)
{
    l->impatient = impatient;
}

/* Waits until a pipe has something to read or is over; a FIFO that no writer has
 * opened yet is neither.  After one request to stop nothing is waited for any
 * more, after two not even what is there is taken.  false: so it ended. */
static bool await(struct dg_lines *l, struct dg_error *err)
{
    struct pollfd fds[2] = { { .fd = l->fd, .events = POLLIN },
                             { .fd = dg_stop_fd(), .events = POLLIN } };
    int stops;
    int ready = 0;
    while ((stops = dg_stop_count()) < 2) {
        ready = poll(fds, l->impatient ? 1 : 2, stops > 0 || l->impatient ? 0 : -1);
        if (ready < 0 && errno != EINTR)
            return true; /* the read will tell what is wrong */
        if (ready > 0 && fds[0].revents)
            return true;
        if (ready == 0 && l->impatient)
            return l->waiting = true;
        if (ready >= 0)
            break;
    }
    return dg_error_set(err, DG_KIND_STOPPED, "stopped", "stopped while reading %s", l->name);
}

/* Reads once; a read of nothing is the end of the file. */
static bool read_some(struct dg_lines *l, struct dg_error *err)
{
    ssize_t n;
    do {
        if (!l->regular && !await(l, err))
            return false;
        if (l->waiting)
            return true;
        n = read(l->fd, l->buffer + l->read_end, sizeof l->buffer - l->read_end);
    } while (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n < 0)
        return dg_error_set(err, DG_KIND_INPUT, "read", "cannot read %s: %s", l->name,
                            strerror(errno));
    l->eof = n == 0;
    if (l->read)
        dg_hasher_add(l->read, l->buffer + l->read_end, (size_t)n);
    l->read_end += (size_t)n;
    return true;
}

/* Takes the new bytes in, up to the first bad one or a character cut short. */
static void check(struct dg_lines *l)
{
    struct dg_utf8 utf8 = { 0 };
    const char *bytes = l->buffer + l->end;
    size_t n = l->read_end - l->end;
    size_t good = dg_utf8_check(&utf8, bytes, n);
    const char *nul = memchr(bytes, 0, good);
    if (nul) {
        good = (size_t)(nul - bytes);
        l->trouble = TROUBLE_NUL;
    } else if (good < n) {
        good = dg_text_cut(bytes, good); /* where the character starts */
        l->bad_byte = (uint8_t)bytes[good];
        l->trouble = bytes[good] ? TROUBLE_UTF8 : TROUBLE_NUL;
    } else if (utf8.state != 0) {
        good = dg_text_cut(bytes, n);
        l->trouble = l->eof ? TROUBLE_CUT : NO_TROUBLE;
    }
    l->end += good;
}

/* What a file that is no UTF-8 text starts with, and what to do about it. */
static const struct magic {
    const char *bytes; /* as they stand in the file */
    uint8_t size;      /* how many */
    const char *what;  /* its name */
    const char *iconv; /* the encoding's name for iconv, or NULL ... */
    const char *hint;  /* ... then this advice */
} magics[] = {
    { "\xff\xfe\0\0", 4, "UTF-32 (little-endian)", "UTF-32", NULL },
    { "\0\0\xfe\xff", 4, "UTF-32 (big-endian)", "UTF-32", NULL },
    { "\xff\xfe", 2, "UTF-16 (little-endian)", "UTF-16", NULL },
    { "\xfe\xff", 2, "UTF-16 (big-endian)", "UTF-16", NULL },
    { "PAR1\x15", 5, "a Parquet file", NULL, "export it as CSV or JSON Lines" },
    { "PK\3\4", 4, "a ZIP archive or a spreadsheet", NULL, "export it as CSV" },
    { "\xd0\xcf\x11\xe0", 4, "a spreadsheet", NULL, "export it as CSV" },
    { "\x1f\x8b", 2, "compressed by gzip", NULL, "unpack it (gunzip) or pipe zcat's output in" },
    { "\x28\xb5\x2f\xfd", 4, "compressed by zstd", NULL, "unpack it (unzstd)" },
};

static const struct magic *match_magic(const char *bytes, size_t n)
{
    static const struct magic utf16le = { "", 0, "UTF-16 (little-endian)", "UTF-16LE", NULL };
    static const struct magic utf16be = { "", 0, "UTF-16 (big-endian)", "UTF-16BE", NULL };
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        if (n >= magics[i].size && memcmp(bytes, magics[i].bytes, magics[i].size) == 0)
            return &magics[i];
    }
    if (n >= 4 && bytes[0] && !bytes[1] && bytes[2] && !bytes[3])
        return &utf16le;
    if (n >= 4 && !bytes[0] && bytes[1] && !bytes[2] && bytes[3])
        return &utf16be;
    return NULL;
}

static bool refuse_magic(const struct dg_lines *l, const struct magic *m, struct dg_error *err)
{
    if (!m->iconv)
        return dg_lines_fault(l, 1, 1, "encoding", err, "this is %s, not text; %s", m->what,
                              m->hint);
    const char *file = l->owns_fd ? l->name : "FILE";
    return dg_lines_fault(l, 1, 1, "encoding", err,
                          "the text is %s, UTF-8 is needed; convert it: "
                          "iconv -f %s -t UTF-8 %s > %s.utf8",
                          m->what, m->iconv, file, file);
}

/* The first read: enough bytes to tell what it is, a BOM dropped. */
static bool begin(struct dg_lines *l, struct dg_error *err)
{
    do {
        if (!read_some(l, err))
            return false;
        if (l->waiting)
            return true;
    } while (l->read_end < MAGIC_BYTES && !l->eof);
    l->begun = true;
    const struct magic *m = match_magic(l->buffer, l->read_end);
    if (m)
        return refuse_magic(l, m, err);
    if (l->read_end >= 3 && memcmp(l->buffer, "\xef\xbb\xbf", 3) == 0) {
        l->start = l->end = 3;
        l->offset = 3;
    }
    check(l);
    return true;
}

/* Moves what is left to the front and reads on. */
static bool fill(struct dg_lines *l, struct dg_error *err)
{
    if (!l->begun)
        return begin(l, err);
    memmove(l->buffer, l->buffer + l->start, l->read_end - l->start);
    l->read_end -= l->start;
    l->end -= l->start;
    l->start = 0;
    if (!read_some(l, err))
        return false;
    check(l);
    return true;
}

static bool report_trouble(const struct dg_lines *l, struct dg_error *err)
{
    if (l->trouble == TROUBLE_NUL)
        return dg_lines_fault(l, l->line, l->column, "nul", err,
                              "a NUL byte; the file is damaged or is no UTF-8 text");
    if (l->trouble == TROUBLE_CUT)
        return dg_lines_fault(l, l->line, l->column, "encoding", err,
                              "the file ends inside a UTF-8 character; is it complete?");
    return dg_lines_fault(l, l->line, l->column, "encoding", err,
                          "the byte 0x%02X is not UTF-8; if the file is Windows-1252, convert it: "
                          "iconv -f WINDOWS-1252 -t UTF-8 FILE > FILE.utf8",
                          l->bad_byte);
}

/* Bytes of the line at `text` as far as it is in the buffer; 0: more is needed. */
static size_t measure(const struct dg_lines *l, const char *text, size_t n, bool *ends)
{
    const char *lf = memchr(text, '\n', n);
    if (lf)
        n = (size_t)(lf - text) + 1;
    *ends = lf != NULL;
    const char *cr = l->cr_ends ? memchr(text, '\r', n) : NULL;
    if (!cr)
        return n;
    size_t k = (size_t)(cr - text) + 1;
    if (k < n) {
        *ends = true;
        return cr[1] == '\n' ? k + 1 : k;
    }
    if (l->eof || l->trouble) {
        *ends = true;
        return k;
    }
    return k - 1; /* whether an LF follows is not known yet: keep the CR back */
}

bool dg_lines_next(struct dg_lines *l, struct dg_piece *piece, struct dg_error *err)
{
    size_t n = 0;
    bool ends = false;
    l->waiting = false;
    for (;;) {
        if (l->start < l->end)
            n = measure(l, l->buffer + l->start, l->end - l->start, &ends);
        if (n > 0)
            break;
        if (l->trouble)
            return report_trouble(l, err);
        if (l->eof || l->waiting)
            break;
        if (!fill(l, err))
            return false;
    }
    *piece = (struct dg_piece){ l->buffer + l->start, n,       ends,
                                n == 0 && l->waiting, l->line, l->column };
    l->start += n;
    l->offset += n;
    l->line += ends;
    l->column = ends ? 1 : l->column + n;
    return true;
}
