/* SPDX-License-Identifier: MIT
 *
 * The models the rehearsal server knows, and what each of them allows.
 */
#ifndef DG_REHEARSAL_MODEL_H
#define DG_REHEARSAL_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a parameter or a model has to do with; see the table in check.c. */
enum {
    DG_TRAIT_DALLE2 = 1,
    DG_TRAIT_DALLE3 = 2,
    DG_TRAIT_GPT = 4,
    DG_TRAIT_FIDELITY = 8,  /* GPT that takes input_fidelity */
    DG_TRAIT_ANY_SIZE = 16, /* GPT that takes sizes of one's own */
    DG_TRAIT_COMPLEXITY = 32,
    DG_TRAIT_DALLE = DG_TRAIT_DALLE2 | DG_TRAIT_DALLE3,
    DG_TRAIT_ALL = DG_TRAIT_DALLE | DG_TRAIT_GPT
};

struct dg_model {
    const char *id;               /* as requests name it */
    int64_t created;              /* seconds since 1970 */
    const char *shutdown_date;    /* "2026-10-23", or NULL */
    unsigned traits;              /* DG_TRAIT_... */
    const char *const *sizes;     /* NULL-ended; besides them, see ANY_SIZE */
    const char *const *qualities; /* NULL-ended */
    const char *const *formats;   /* of output_format, NULL-ended; NULL: has none */
    const char *const *types;     /* media types of images, NULL-ended */
    size_t prompt_limit;          /* characters */
    size_t image_limit_bytes;     /* each image must be smaller */
    unsigned images_max;          /* images in one request */
    unsigned n_max;               /* pictures in one answer */
};

/* The model used where a request names none. */
extern const char dg_model_default[];

const struct dg_model *dg_model_find(const char *id); /* NULL: unknown */

/* The `i`th known model, NULL at the end. */
const struct dg_model *dg_model_at(size_t i);

#endif
