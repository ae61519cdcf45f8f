/* SPDX-License-Identifier: MIT */
/*
 * Secrets by their shape. Each row: id, the literal that it is looked for by, what stands before
 * that, what follows, and where the form was learned. Of two rows that fit at the same place the
 * first counts. "trufflehog", "gitleaks": the detector of that name in the tool.
 *
 * What is no secret stays: ids (`call_...`, `chatcmpl-...`, `resp_...`, `msg_...`, `toolu_...`),
 * images, signatures of reasoning, `encrypted_content`, `obfuscation`. None of them has one of
 * these literals at its start, and inside a longer run of letters only the long literals count.
 */
#include "scrub/rules.h"

#define TOKEN(min)                                                                                 \
    {                                                                                              \
        NULL, TD_CLASS_TOKEN, min, 0                                                               \
    }
#define WORD(min)                                                                                  \
    {                                                                                              \
        NULL, TD_CLASS_WORD, min, 0                                                                \
    }
#define ALNUM(min)                                                                                 \
    {                                                                                              \
        NULL, TD_CLASS_ALNUM, min, 0                                                               \
    }
#define HEX(min)                                                                                   \
    {                                                                                              \
        NULL, TD_CLASS_HEX, min, 0                                                                 \
    }
#define BASE64(min)                                                                                \
    {                                                                                              \
        NULL, TD_CLASS_BASE64_ALL, min, 0                                                          \
    }
#define EXACTLY(class, count)                                                                      \
    {                                                                                              \
        NULL, class, count, count                                                                  \
    }
#define PADDING                                                                                    \
    {                                                                                              \
        NULL, TD_CLASS_EQUALS, 0, 2                                                                \
    }
#define NOTHING                                                                                    \
    {                                                                                              \
        {0},                                                                                       \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

enum {
    STARTS = TD_SHAPE_STARTS,
    ENDS = TD_SHAPE_ENDS,
    VARIED = TD_SHAPE_VARIED,
    DIGIT = TD_SHAPE_DIGIT,
    KEEPS = TD_SHAPE_KEEPS,
};

#define AWS_ID(literal)                                                                            \
    {                                                                                              \
        "aws-access-key-id", literal, NOTHING, {EXACTLY(TD_CLASS_BASE32, 16)},                     \
            STARTS | ENDS | VARIED, "gitleaks aws-access-token"                                    \
    }
#define GITHUB(literal)                                                                            \
    {                                                                                              \
        "github-token", literal, NOTHING, {ALNUM(36)}, VARIED, "gitleaks github-*-token"           \
    }
#define SLACK(literal)                                                                             \
    {                                                                                              \
        "slack-token", literal, NOTHING, {TOKEN(20)}, STARTS | VARIED | DIGIT, "gitleaks slack-*"  \
    }
#define STRIPE(literal)                                                                            \
    {                                                                                              \
        "stripe-key", literal, NOTHING, {ALNUM(16)}, STARTS | VARIED,                              \
            "gitleaks stripe-access-token"                                                         \
    }

const struct td_key_shape td_key_shapes[] = {
    {"openai-project-key", "sk-proj-", NOTHING, {TOKEN(20)}, VARIED | DIGIT, "trufflehog openai"},
    {"openai-service-key",
     "sk-svcacct-",
     NOTHING,
     {TOKEN(20)},
     VARIED | DIGIT,
     "trufflehog openai"},
    {"openai-service-key",
     "sk-service-",
     NOTHING,
     {TOKEN(20)},
     VARIED | DIGIT,
     "trufflehog openai"},
    {"openai-admin-key",
     "sk-admin-",
     NOTHING,
     {TOKEN(20)},
     VARIED | DIGIT,
     "trufflehog openaiadmin"},
    {"openai-api-key",
     "sk-",
     NOTHING,
     {EXACTLY(TD_CLASS_ALNUM, 20), {"T3BlbkFJ", 0, 0, 0}, ALNUM(20)},
     STARTS | VARIED,
     "trufflehog openai"},
    {"openai-client-secret",
     "ek_",
     NOTHING,
     {HEX(32)},
     STARTS | ENDS | VARIED,
     "OpenAI API reference, realtime client secrets"},
    {"anthropic-api-key", "sk-ant-", NOTHING, {TOKEN(32)}, VARIED | DIGIT, "trufflehog anthropic"},
    {"openrouter-api-key", "sk-or-v1-", NOTHING, {HEX(64)}, VARIED, "trufflehog openrouter"},
    {"deepseek-api-key",
     "sk-",
     NOTHING,
     {EXACTLY(TD_CLASS_LOWER | TD_CLASS_DIGIT, 32)},
     STARTS | ENDS | VARIED | DIGIT,
     "trufflehog deepseek"},
    {"sk-api-key",
     "sk-",
     NOTHING,
     {ALNUM(32)},
     STARTS | VARIED | DIGIT,
     "the form of many that speak OpenAI's protocol"},
    {"google-api-key", "AIza", NOTHING, {TOKEN(35)}, STARTS | VARIED, "gitleaks gcp-api-key"},
    {"google-oauth-token", "ya29.", NOTHING, {TOKEN(20)}, STARTS | VARIED, "Google OAuth 2.0"},
    {"google-oauth-secret", "GOCSPX-", NOTHING, {TOKEN(28)}, VARIED, "Google OAuth 2.0"},
    {"google-refresh-token", "1//0", NOTHING, {TOKEN(40)}, STARTS | VARIED, "Google OAuth 2.0"},
    AWS_ID("AKIA"),
    AWS_ID("ASIA"),
    AWS_ID("ABIA"),
    AWS_ID("ACCA"),
    {"aws-access-key-id",
     "A3T",
     NOTHING,
     {EXACTLY(TD_CLASS_UPPER | TD_CLASS_DIGIT, 1), EXACTLY(TD_CLASS_BASE32, 16)},
     STARTS | ENDS | VARIED,
     "gitleaks aws-access-token"},
    {"aws-session-token", "IQoJb3JpZ2lu", NOTHING, {BASE64(100), PADDING}, VARIED, "AWS STS"},
    {"aws-session-token", "FwoGZXIvYXdz", NOTHING, {BASE64(100), PADDING}, VARIED, "AWS STS"},
    {"aws-bedrock-key",
     "ABSK",
     NOTHING,
     {BASE64(109), PADDING},
     STARTS | VARIED,
     "gitleaks aws-amazon-bedrock-api-key-long-lived"},
    {"aws-bedrock-key",
     "bedrock-api-key-",
     NOTHING,
     {BASE64(28), PADDING},
     VARIED,
     "gitleaks aws-amazon-bedrock-api-key-short-lived"},
    {"aws-signature", "Signature=", NOTHING, {HEX(64)}, KEEPS | VARIED, "AWS signature version 4"},
    {"azure-openai-key",
     "JQQJ9",
     {EXACTLY(TD_CLASS_ALNUM, 52), {0}},
     {ALNUM(27)},
     VARIED,
     "Microsoft's common annotated security keys"},
    {"azure-storage-key",
     "AccountKey=",
     NOTHING,
     {EXACTLY(TD_CLASS_BASE64_ALL, 86), EXACTLY(TD_CLASS_EQUALS, 2)},
     KEEPS | VARIED,
     "Azure Storage connection strings"},
    {"azure-shared-key",
     "SharedAccessKey=",
     NOTHING,
     {EXACTLY(TD_CLASS_BASE64_ALL, 43), EXACTLY(TD_CLASS_EQUALS, 1)},
     KEEPS | VARIED,
     "Azure Service Bus connection strings"},
    {"azure-sas-signature",
     "sig=",
     NOTHING,
     {EXACTLY(TD_CLASS_BASE64_ALL, 43), EXACTLY(TD_CLASS_EQUALS, 1)},
     STARTS | KEEPS | VARIED,
     "Azure shared access signatures"},
    {"azure-ad-secret",
     "Q~",
     {EXACTLY(TD_CLASS_DIGIT, 1), EXACTLY(TD_CLASS_WORD | TD_CLASS_DOT_TILDE, 3)},
     {{NULL, TD_CLASS_TOKEN | TD_CLASS_DOT_TILDE, 31, 34}},
     STARTS | ENDS | VARIED,
     "gitleaks azure-ad-client-secret"},
    {"groq-api-key", "gsk_", NOTHING, {ALNUM(52)}, STARTS | VARIED, "trufflehog groq"},
    {"huggingface-token", "hf_", NOTHING, {ALNUM(34)}, STARTS | VARIED, "trufflehog huggingface"},
    {"huggingface-token",
     "api_org_",
     NOTHING,
     {ALNUM(34)},
     STARTS | VARIED,
     "trufflehog huggingface"},
    {"xai-api-key", "xai-", NOTHING, {WORD(80)}, STARTS | VARIED, "trufflehog xai"},
    {"replicate-token", "r8_", NOTHING, {TOKEN(37)}, STARTS | VARIED, "trufflehog replicate"},
    {"perplexity-api-key",
     "pplx-",
     NOTHING,
     {ALNUM(48)},
     STARTS | VARIED,
     "gitleaks perplexity-api-key"},
    {"nvidia-api-key", "nvapi-", NOTHING, {TOKEN(64)}, STARTS | VARIED, "trufflehog nvapi"},
    {"elevenlabs-api-key", "sk_", NOTHING, {HEX(48)}, STARTS | VARIED, "trufflehog elevenlabs"},
    {"langsmith-api-key",
     "lsv2_pt_",
     NOTHING,
     {EXACTLY(TD_CLASS_HEX, 32), {"_", 0, 0, 0}, HEX(10)},
     VARIED,
     "trufflehog langsmith"},
    {"langsmith-api-key",
     "lsv2_sk_",
     NOTHING,
     {EXACTLY(TD_CLASS_HEX, 32), {"_", 0, 0, 0}, HEX(10)},
     VARIED,
     "trufflehog langsmith"},
    {"databricks-token",
     "dapi",
     NOTHING,
     {EXACTLY(TD_CLASS_HEX, 32)},
     STARTS | ENDS | VARIED,
     "trufflehog databrickstoken"},
    GITHUB("ghp_"),
    GITHUB("gho_"),
    GITHUB("ghu_"),
    GITHUB("ghs_"),
    GITHUB("ghr_"),
    {"github-token",
     "github_pat_",
     NOTHING,
     {WORD(82)},
     VARIED,
     "gitleaks github-fine-grained-pat"},
    {"gitlab-token", "glpat-", NOTHING, {TOKEN(20)}, STARTS | VARIED, "gitleaks gitlab-pat"},
    SLACK("xoxa-"),
    SLACK("xoxb-"),
    SLACK("xoxp-"),
    SLACK("xoxr-"),
    SLACK("xoxs-"),
    SLACK("xapp-"),
    {"slack-webhook",
     "hooks.slack.com/services/",
     NOTHING,
     {BASE64(40)},
     KEEPS | VARIED,
     "gitleaks slack-webhook-url"},
    STRIPE("sk_live_"),
    STRIPE("sk_test_"),
    STRIPE("rk_live_"),
    STRIPE("rk_test_"),
    {"stripe-key", "whsec_", NOTHING, {BASE64(32), PADDING}, STARTS | VARIED, "Stripe webhooks"},
};

const size_t td_key_shape_count = sizeof td_key_shapes / sizeof *td_key_shapes;

unsigned td_class_of(char c)
{
    unsigned class = 0;
    if (c >= '0' && c <= '9')
        class = TD_CLASS_DIGIT | TD_CLASS_HEX | (c >= '2' && c <= '7' ? TD_CLASS_BASE32 : 0);
    else if (c >= 'a' && c <= 'z')
        class = TD_CLASS_LOWER | (c <= 'f' ? TD_CLASS_HEX : 0);
    else if (c >= 'A' && c <= 'Z')
        class = TD_CLASS_UPPER | TD_CLASS_BASE32 | (c <= 'F' ? TD_CLASS_HEX : 0);
    else if (c == '_')
        class = TD_CLASS_UNDERSCORE;
    else if (c == '-')
        class = TD_CLASS_DASH;
    else if (c == '+' || c == '/')
        class = TD_CLASS_BASE64;
    else if (c == '.' || c == '~')
        class = TD_CLASS_DOT_TILDE;
    else if (c == '=')
        class = TD_CLASS_EQUALS;
    return class;
}

/* Takes a piece at *at; false where it is not there. */
static bool take(const struct td_piece *piece, struct td_bytes text, size_t *at)
{
    if (piece->literal) {
        size_t len = strlen(piece->literal);
        if (text.len - *at < len || memcmp(text.data + *at, piece->literal, len) != 0)
            return false;
        *at += len;
        return true;
    }
    size_t end = *at, most = piece->max ? piece->max : text.len;
    while (end < text.len && end - *at < most && td_class_of(text.data[end]) & piece->class)
        end++;
    if (end - *at < piece->min)
        return false;
    *at = end;
    return true;
}

bool td_looks_random(struct td_bytes text, unsigned digits_wanted)
{
    enum { ENOUGH = 64 };
    uint64_t seen[4] = {0};
    size_t different = 0, digits = 0, letters = 0;
    bool hex = true;
    for (size_t i = 0; i < text.len && i < ENOUGH; i++) {
        unsigned char c = (unsigned char)text.data[i];
        unsigned class = td_class_of((char)c);
        different += !(seen[c / 64] >> c % 64 & 1);
        seen[c / 64] |= UINT64_C(1) << c % 64;
        digits += (class & TD_CLASS_DIGIT) != 0;
        letters += (class & TD_CLASS_ALPHA) != 0;
        hex &= (class & TD_CLASS_HEX) != 0;
    }
    size_t least = hex ? 6 : 8;
    return different >= least && digits >= digits_wanted && letters >= 1;
}

/* Before what the literal starts. */
static bool take_before(const struct td_key_shape *shape, struct td_bytes text, size_t *first)
{
    for (size_t i = 0; i < sizeof shape->before / sizeof *shape->before; i++)
        for (unsigned n = 0; n < shape->before[i].min; n++, --*first)
            if (!*first || !(td_class_of(text.data[*first - 1]) & shape->before[i].class))
                return false;
    return !(shape->flags & TD_SHAPE_STARTS) || !*first ||
           !(td_class_of(text.data[*first - 1]) & TD_CLASS_TOKEN);
}

/* What a failed attempt costs does not grow with the text: only a secret is gone through to its
 * end, and the search goes on behind it. */
bool td_key_shape_match(const struct td_key_shape *shape, struct td_bytes text, size_t at,
                        size_t *start, size_t *end)
{
    enum { PIECES = sizeof shape->pieces / sizeof *shape->pieces, NEAR = 192 };
    size_t first = at, after = at + strlen(shape->literal);
    if (!take_before(shape, text, &first))
        return false;
    *start = shape->flags & TD_SHAPE_KEEPS ? after : first;
    *end = after;
    struct td_bytes near = td_bytes(text.data, text.len - after > NEAR ? after + NEAR : text.len);
    unsigned last = 0, tail = 0;
    for (size_t i = 0; i < PIECES && (shape->pieces[i].literal || shape->pieces[i].class); i++) {
        const struct td_piece *piece = &shape->pieces[i];
        if (!take(piece, near, end))
            return false;
        last = piece->class ? piece->class : last;
        tail |= tail || (piece->class && !piece->max) ? piece->class : 0;
    }
    if (shape->flags & TD_SHAPE_VARIED &&
        !td_looks_random(td_bytes(text.data + after, *end - after),
                         (shape->flags & TD_SHAPE_DIGIT) != 0))
        return false;
    if (*end == near.len)
        while (*end < text.len && td_class_of(text.data[*end]) & tail)
            ++*end;
    return !(shape->flags & TD_SHAPE_ENDS) || *end == text.len ||
           !(td_class_of(text.data[*end]) & (last | TD_CLASS_WORD));
}
