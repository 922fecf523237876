/* SPDX-License-Identifier: MIT
 *
 * Models and their limits, after OpenAI's description of November 2026.  Those
 * that OpenAI has shut down are kept: compatible servers still have them.
 */
#include "rehearsal/model.h"

#include <string.h>

enum { MB = 1024 * 1024, PROMPT_GPT = 32000, PROMPT_DALLE3 = 4000, PROMPT_DALLE2 = 1000 };

static const char *const sizes_gpt[] = { "1024x1024", "1024x1536", "1536x1024", "auto", NULL };
static const char *const sizes_dalle2[] = { "256x256", "512x512", "1024x1024", NULL };
static const char *const sizes_dalle3[] = { "1024x1024", "1024x1792", "1792x1024", NULL };
static const char *const qualities_gpt[] = { "low", "medium", "high", "auto", NULL };
static const char *const qualities_25[] = { "low", "medium", "high", "xhigh", "max", "auto", NULL };
static const char *const qualities_dalle2[] = { "standard", NULL };
static const char *const qualities_dalle3[] = { "standard", "hd", NULL };
static const char *const formats_gpt[] = { "png", "jpeg", "webp", NULL };
static const char *const formats_26[] = { "png", "jpeg", "webp", "gif", "svg", NULL };
static const char *const types_all[] = { "image/jpeg", "image/png", "image/webp", NULL };
static const char *const types_png[] = { "image/png", NULL };

enum {
    MINI = DG_TRAIT_GPT,
    GPT_1 = DG_TRAIT_GPT | DG_TRAIT_FIDELITY,
    GPT_2 = GPT_1 | DG_TRAIT_ANY_SIZE,
    GPT_26 = GPT_2 | DG_TRAIT_COMPLEXITY
};

#define GPT_MODEL(name, since, until, has, quality, format)                                        \
    {                                                                                              \
        name, since, until, has, sizes_gpt, quality, format, types_all, PROMPT_GPT, 50 * MB, 16,   \
            10                                                                                     \
    }

static const struct dg_model table[] = {
    GPT_MODEL("gpt-image-1", 1745366400, "2026-10-23", GPT_1, qualities_gpt, formats_gpt),
    GPT_MODEL("gpt-image-1-mini", 1759536000, "2026-12-01", MINI, qualities_gpt, formats_gpt),
    GPT_MODEL("gpt-image-1.5", 1765843200, "2026-12-01", GPT_1, qualities_gpt, formats_gpt),
    GPT_MODEL("gpt-image-1.5-2025-12-16", 1765843200, "2026-12-01", GPT_1, qualities_gpt,
              formats_gpt),
    GPT_MODEL("chatgpt-image-latest", 1765843200, "2026-12-01", GPT_1, qualities_gpt, formats_gpt),
    GPT_MODEL("gpt-image-2", 1776729600, NULL, GPT_2, qualities_gpt, formats_gpt),
    GPT_MODEL("gpt-image-2-2026-04-21", 1776729600, NULL, GPT_2, qualities_gpt, formats_gpt),
    GPT_MODEL("gpt-image-2.5-flare", 1788825600, NULL, GPT_2, qualities_25, formats_gpt),
    GPT_MODEL("gpt-image-2.5-sunburst", 1788825600, NULL, GPT_2, qualities_25, formats_gpt),
    GPT_MODEL("gpt-image-2.6-flare", 1793750400, NULL, GPT_26, qualities_25, formats_26),
    GPT_MODEL("gpt-image-2.6-sunburst", 1793750400, NULL, GPT_26, qualities_25, formats_26),
    { "dall-e-2", 1698796800, "2026-05-12", DG_TRAIT_DALLE2, sizes_dalle2, qualities_dalle2, NULL,
      types_png, PROMPT_DALLE2, 4 * MB, 1, 10 },
    { "dall-e-3", 1698710400, "2026-05-12", DG_TRAIT_DALLE3, sizes_dalle3, qualities_dalle3, NULL,
      types_all, PROMPT_DALLE3, 50 * MB, 1, 1 },
};

const char dg_model_default[] = "gpt-image-1.5";

const struct dg_model *dg_model_at(size_t i)
{
    return i < sizeof(table) / sizeof(table[0]) ? &table[i] : NULL;
}

const struct dg_model *dg_model_find(const char *id)
{
    const struct dg_model *model;

    for (size_t i = 0; (model = dg_model_at(i)) != NULL; i++) {
        if (strcmp(model->id, id) == 0)
            return model;
    }
    return NULL;
}
