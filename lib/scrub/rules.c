/* SPDX-License-Identifier: MIT */
#include "scrub/rules.h"

/* Names that are everybody's own are not here: `token` is a field of log probabilities, `id`,
 * `name`, `from` and `source` are fields of any request to a language model. */
const struct td_name_rule td_name_rules[] = {
    {
        .id = "authorization",
        .headers = "authorization proxy-authorization supplementaryauthorization "
                   "x-ms-copy-source-authorization x-goog-iam-authorization-token "
                   "x-forwarded-authorization x-amz-authorization",
        .source = "RFC 9110; what go-vcr, vcrpy, cagent and Azure's recorder take out",
    },
    {
        .id = "api-key",
        .headers = "x-api-key api-key apikey x-apikey x-goog-api-key xi-api-key x-auth-token "
                   "x-access-token x-functions-key subscription-key ocp-apim-subscription-key "
                   "aeg-sas-key aeg-sas-token dd-api-key dd-application-key x-ms-encryption-key "
                   "x-ms-encryption-key-sha256 private-token x-vault-token x-portkey-api-key "
                   "helicone-auth",
        .queries = "key api_key apikey x-api-key subscription-key",
        .fields = "api_key apikey x-api-key function_key primary_key secondary_key account_key",
        .source = "what vcrpy, cagent, aimock and Azure's recorder take out; Gemini's ?key=",
    },
    {
        .id = "token",
        .headers = "x-amz-security-token",
        .queries = "token access_token refresh_token id_token auth_token x-amz-security-token",
        .fields = "access_token refresh_token id_token auth_token session_token bearer_token "
                  "x-amz-security-token",
        .source = "RFC 6749; AWS signature version 4; what Azure's recorder takes out",
    },
    {
        .id = "client-secret",
        .queries = "client_secret client_assertion",
        .fields = "client_secret client_assertion app_secret secret_key secret_access_key "
                  "aws_secret_access_key",
        .source = "RFC 6749, RFC 7523; AWS Security Token Service",
    },
    {
        .id = "password",
        .queries = "password passwd pwd",
        .fields = "password passwd passphrase",
        .source = "RFC 6749; what Azure's recorder takes out",
    },
    {
        .id = "private-key",
        .fields = "private_key",
        .source = "Google service accounts; what Azure's recorder takes out",
    },
    {
        .id = "connection-string",
        .fields = "connection_string",
        .source = "what Azure's recorder takes out",
    },
    {
        .id = "signature",
        .queries = "x-amz-credential x-amz-signature x-goog-credential x-goog-signature sig",
        .source = "AWS signature version 4, Google signed URLs, Azure shared access signatures",
    },
    {
        .id = "account",
        .headers = "openai-organization openai-project",
        .source = "what cagent and aimock take out",
    },
};

const size_t td_name_rule_count = sizeof td_name_rules / sizeof *td_name_rules;

const struct td_special_rule td_special_rules[TD_SPECIAL_COUNT] = {
    [TD_SPECIAL_ENVIRONMENT] = {"environment", "the value of a variable of the environment",
                                "the caller's own environment"},
    [TD_SPECIAL_JWT] = {"jwt", "a JSON web token", "RFC 7519, gitleaks jwt"},
    [TD_SPECIAL_PRIVATE_KEY] = {"private-key", "a private key in PEM",
                                "RFC 7468, gitleaks private-key"},
    [TD_SPECIAL_BEARER] = {"bearer", "what follows 'Bearer'", "RFC 6750"},
    [TD_SPECIAL_BASIC] = {"basic", "what follows 'Basic' and is a name and a password", "RFC 7617"},
    [TD_SPECIAL_ASSIGNED] = {"assigned-secret", "what is assigned to the name of a secret",
                             "gitleaks generic-api-key, cohere-api-token"},
    [TD_SPECIAL_USERINFO] = {"url-userinfo", "name and password in a URL", "RFC 3986, 3.2.1"},
    [TD_SPECIAL_COOKIE] = {"cookie", "the value of a cookie", "RFC 6265"},
    [TD_SPECIAL_ALLOW] = {"header", "a header that is not among those that stay",
                          "--allow-headers"},
    [TD_SPECIAL_EMAIL] = {"email", "an e-mail address", "RFC 5321"},
    [TD_SPECIAL_ID] = {"id", "an id of a request, a call or an object", "--ids"},
};
