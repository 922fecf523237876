/* SPDX-License-Identifier: MIT
 *
 * An answer as jansson and OpenSSL read it, to hold the reply scanner against:
 * the tree with each picture's string replaced by its number, and the pictures.
 *
 *     struct peer p;
 *     peer_read(&p, body, n);
 *     const char *why = peer_objects(&p, reply, ok, &err);    NULL: as the peer has it
 *     peer_done(&p);
 */
#ifndef DG_TESTS_PEER_REPLY_H
#define DG_TESTS_PEER_REPLY_H

#include <fcntl.h>
#include <jansson.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/reply.h"
#include "peer_base64.h"

struct peer_picture {
    uint8_t *bytes;
    size_t size;
};

struct peer {
    json_t *tree; /* NULL: jansson does not read it, there is nothing to say */
    struct peer_picture pictures[DG_REPLY_PICTURES];
    size_t count;  /* of pictures met, perhaps more than are kept */
    bool all_good; /* each is good base64 */
};

static inline void peer_take(struct peer *p, const char *text, size_t n)
{
    struct peer_picture *picture = &p->pictures[p->count];

    if (p->count++ >= DG_REPLY_PICTURES)
        return;
    if (n >= 5 && memcmp(text, "data:", 5) == 0) {
        const char *comma = memchr(text, ',', n);
        p->all_good = p->all_good && comma;
        size_t prefix = comma ? (size_t)(comma - text) + 1 : n;
        text += prefix;
        n -= prefix;
    }
    picture->bytes = malloc(n + 1);
    if (!peer_decode(text, n, picture->bytes, &picture->size))
        p->all_good = false;
}

/* Members come in the order they were written. */
static inline void peer_cut(struct peer *p, json_t *value)
{
    const char *key;
    json_t *item;
    size_t i;

    json_array_foreach(value, i, item) peer_cut(p, item);
    json_object_foreach(value, key, item)
    {
        if (strcmp(key, "b64_json") == 0 && json_string_length(item) > 0) {
            peer_take(p, json_string_value(item), json_string_length(item));
            json_object_set_new(value, key, json_integer((json_int_t)p->count - 1));
        } else {
            peer_cut(p, item);
        }
    }
}

/* NULL: jansson does not read it, or there is a NUL in it, where jansson may
 * take the text to end. */
static inline json_t *peer_parse(const char *text, size_t n)
{
    if (n > 0 && memchr(text, '\0', n))
        return NULL;
    return json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
}

static inline void peer_read(struct peer *p, const char *body, size_t n)
{
    memset(p, 0, sizeof *p);
    p->all_good = true;
    p->tree = peer_parse(body, n);
    if (p->tree)
        peer_cut(p, p->tree);
}

static inline void peer_done(struct peer *p)
{
    for (size_t i = 0; i < DG_REPLY_PICTURES; i++)
        free(p->pictures[i].bytes);
    json_decref(p->tree);
}

static inline bool peer_same_file(const struct peer_picture *p, const struct dg_picture *ours)
{
    uint8_t *bytes = malloc(p->size + 1);
    int fd = open(ours->path, O_RDONLY | O_CLOEXEC);
    ssize_t got = read(fd, bytes, p->size + 1);
    bool same = got >= 0 && (size_t)got == p->size && ours->size_bytes == p->size &&
                memcmp(bytes, p->bytes, p->size) == 0;

    close(fd);
    free(bytes);
    return same;
}

/* What was refused though the peer reads it; limits and an error that the
 * answer tells of are no matter of reading. */
static inline const char *peer_objects_to_error(const struct peer *p, const struct dg_error *err)
{
    if (err->kind != DG_KIND_REPLY)
        return NULL;
    if (strcmp(err->code, "invalid_base64") == 0)
        return p->all_good ? "the pictures are good base64" : NULL;
    if (strcmp(err->code, "truncated_json") == 0)
        return "the JSON is whole";
    if (strcmp(err->code, "invalid_json") == 0 && !strstr(err->message, "nested too deep") &&
        !strstr(err->message, "a number is too long"))
        return "the JSON is valid";
    return NULL;
}

static inline const char *peer_objects(const struct peer *p, const struct dg_reply *r, bool ok,
                                       const struct dg_error *err)
{
    size_t n;
    const char *rest = dg_reply_rest(r, &n);

    if (!p->tree)
        return NULL;
    if (!ok)
        return peer_objects_to_error(p, err);
    if (!p->all_good)
        return "a picture is not good base64";
    if (p->count != dg_reply_count(r))
        return "the number of pictures differs";
    for (size_t i = 0; i < p->count; i++)
        if (!peer_same_file(&p->pictures[i], dg_reply_picture(r, i)))
            return "a picture's bytes differ";
    json_t *tree = peer_parse(rest, n);
    bool same = json_equal(tree, p->tree);
    json_decref(tree);
    return same ? NULL : "the rest differs";
}

#endif
