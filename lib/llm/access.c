/* SPDX-License-Identifier: MIT */
/* Language models as tapedeck/llm.h tells of them: the parts of an interaction that matter. */
#include "llm/api.h"
#include "llm/format.h"

struct td_llm_exchange td_llm_exchange_of(const struct td_interaction *interaction)
{
    const struct td_message *response = &interaction->response.message;
    struct td_llm_exchange exchange = {
        .url = interaction->request.url,
        .request_body = interaction->request.message.body,
        .code = interaction->response.code,
        .response_body = response->body,
        .broken = interaction->response.shape.broken,
    };
    td_fields_get(&response->headers, TD_BYTES("Content-Type"), &exchange.content_type);
    return exchange;
}

enum td_llm_api td_llm_api_of(const struct td_llm_exchange *exchange)
{
    struct td_arena arena;
    td_arena_init(&arena);
    struct td_json *body = td_json_parse(&arena, exchange->request_body, NULL);
    enum td_llm_api api = td_llm_kind_of(exchange->url, exchange->request_body, body).api;
    td_arena_release(&arena);
    struct td_llm_reply *reply = NULL;
    if (!api && td_llm_exchange_reply(exchange, &reply, NULL) == 0 && reply)
        api = reply->api;
    td_llm_reply_free(reply);
    return api;
}

int td_llm_request_read(const struct td_interaction *interaction, struct td_llm_request **request,
                        struct td_error *err)
{
    struct td_llm_exchange exchange = td_llm_exchange_of(interaction);
    return td_llm_exchange_request(&exchange, request, err);
}

int td_llm_reply_read(const struct td_interaction *interaction, struct td_llm_reply **reply,
                      struct td_error *err)
{
    struct td_llm_exchange exchange = td_llm_exchange_of(interaction);
    return td_llm_exchange_reply(&exchange, reply, err);
}
