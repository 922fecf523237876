/* SPDX-License-Identifier: MIT
 *
 * Chats, for workflows that have their pictures judged: the answer is "no", with a
 * wish, until what is said holds that wish; then it is "yes".
 */
#include <string.h>

#include "base/json.h"
#include "rehearsal/check.h"
#include "rehearsal/server.h"
#include "rehearsal/visit.h"

static const char WISH[] = "the colours could be stronger";

enum { TOKEN_BYTES = 4, ANSWER_TOKENS = 8 };

static bool is_json(const struct dg_visit *v)
{
    size_t blank = strspn(v->said.data ? v->said.data : "", " \t\r\n");
    return v->said.data && v->said.data[blank] == '{';
}

void dg_visit_chat(struct dg_visit *v)
{
    if (!dg_visit_has_key(v))
        return;
    if (!is_json(v)) {
        dg_refuse(&v->refusal, 400, NULL, NULL,
                  "We could not parse the JSON body of your request.");
        dg_visit_refuse(v);
        return;
    }
    size_t tokens = v->said.size / TOKEN_BYTES;
    bool content = strstr(v->said.data, WISH) != NULL;
    v->status = 200;
    dg_buffer_printf(&v->answer,
                     "{\"id\":\"%s\",\"object\":\"chat.completion\",\"model\":\"rehearsal-chat\","
                     "\"choices\":[{\"index\":0,\"finish_reason\":\"stop\",\"message\":"
                     "{\"role\":\"assistant\",\"content\":\"%s%s\"}}],"
                     "\"usage\":{\"prompt_tokens\":%zu,\"completion_tokens\":%d,"
                     "\"total_tokens\":%zu}}\n",
                     v->request_id, content ? "yes" : "no: ", content ? "" : WISH, tokens,
                     ANSWER_TOKENS, tokens + ANSWER_TOKENS);
}
