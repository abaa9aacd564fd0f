/*
 * failure_reading.c - see failure_reading.h.
 */
#include "dataplane/translate/failure_reading.h"

#include <strings.h>

#include "common/arena.h"
#include "common/base.h"

#define TEXT_MAX 300

enum place {
	IN_CODE = 1, /* the code or the type, whole */
	IN_TEXT = 2, /* anywhere in the message */
	AT_CODE = 4, /* the beginning of the code */
};

/* The first that fits decides; letters' case does not matter. */
static const struct word {
	enum place place;
	const char *word;
	enum failure_class class;
} words[] = {
	{ IN_CODE, "context_length_exceeded", FAILURE_CONTEXT },
	{ IN_CODE, "too_many_prompt_tokens", FAILURE_CONTEXT },
	{ IN_CODE, "TOO_MANY_TOKENS", FAILURE_CONTEXT },
	{ IN_CODE, "request_too_large", FAILURE_CONTEXT },
	{ IN_TEXT, "prompt is too long", FAILURE_CONTEXT },
	{ IN_TEXT, "prompt too long", FAILURE_CONTEXT },
	{ IN_TEXT, "maximum context length", FAILURE_CONTEXT },
	{ IN_TEXT, "max context length", FAILURE_CONTEXT },
	{ IN_TEXT, "maximum prompt length", FAILURE_CONTEXT },
	{ IN_TEXT, "context window", FAILURE_CONTEXT },
	{ IN_TEXT, "length of the input prompt", FAILURE_CONTEXT },
	{ IN_TEXT, "exceeds the maximum number of tokens", FAILURE_CONTEXT },
	{ IN_TEXT, "request too large", FAILURE_CONTEXT },

	{ IN_CODE, "content_filter", FAILURE_CONTENT },
	{ IN_CODE, "content_policy_violation", FAILURE_CONTENT },
	{ IN_CODE, "ResponsibleAIPolicyViolation", FAILURE_CONTENT },
	{ AT_CODE, "SensitiveContentDetected", FAILURE_CONTENT },
	{ AT_CODE, "InputTextSensitiveContent", FAILURE_CONTENT },
	{ AT_CODE, "InputImageSensitiveContent", FAILURE_CONTENT },
	{ AT_CODE, "InputVideoSensitiveContent", FAILURE_CONTENT },
	{ AT_CODE, "InputAudioSensitiveContent", FAILURE_CONTENT },
	{ AT_CODE, "OutputTextSensitiveContent", FAILURE_CONTENT },
	{ IN_TEXT, "requires moderation", FAILURE_CONTENT },

	{ IN_CODE, "insufficient_quota", FAILURE_QUOTA },
	{ IN_CODE, "billing_hard_limit_reached", FAILURE_QUOTA },
	{ IN_CODE, "billing_error", FAILURE_QUOTA },
	{ IN_CODE, "AccountOverdueError", FAILURE_QUOTA },
	{ IN_CODE, "QuotaExceeded", FAILURE_QUOTA },
	{ IN_CODE, "SetLimitExceeded", FAILURE_QUOTA },
	{ IN_CODE, "InvalidSubscription", FAILURE_QUOTA },
	{ IN_TEXT, "insufficient balance", FAILURE_QUOTA },
	{ IN_TEXT, "credit balance is too low", FAILURE_QUOTA },
	{ IN_TEXT, "insufficient credits", FAILURE_QUOTA },

	{ IN_CODE, "ServerOverloaded", FAILURE_OVERLOADED },
	{ IN_CODE, "RequestBurstTooFast", FAILURE_OVERLOADED },
	{ IN_CODE, "InflightBatchsizeExceeded", FAILURE_OVERLOADED },
	{ IN_CODE, "overloaded_error", FAILURE_OVERLOADED },
	{ IN_CODE, "engine_overloaded", FAILURE_OVERLOADED },
	{ IN_CODE, "UNAVAILABLE", FAILURE_OVERLOADED },

	{ IN_CODE, "rate_limit_exceeded", FAILURE_RATE },
	{ IN_CODE, "rate_limit_error", FAILURE_RATE },
	{ IN_CODE, "RateLimitReached", FAILURE_RATE },
	{ AT_CODE, "RateLimitExceeded", FAILURE_RATE },
	{ IN_CODE, "RESOURCE_EXHAUSTED", FAILURE_RATE },

	{ IN_CODE, "model_not_found", FAILURE_MODEL },
	{ IN_CODE, "DeploymentNotFound", FAILURE_MODEL },
	{ AT_CODE, "InvalidEndpointOrModel", FAILURE_MODEL },
	{ IN_CODE, "ModelNotOpen", FAILURE_MODEL },
	{ IN_CODE, "UnsupportedModel", FAILURE_MODEL },
	{ IN_CODE, "model_decommissioned", FAILURE_MODEL },
	{ IN_TEXT, "is not a valid model", FAILURE_MODEL },
	{ IN_TEXT, "model not found", FAILURE_MODEL },

	{ IN_CODE, "invalid_api_key", FAILURE_AUTH },
	{ IN_CODE, "authentication_error", FAILURE_AUTH },
	{ IN_CODE, "AuthenticationError", FAILURE_AUTH },
	{ IN_CODE, "API_KEY_INVALID", FAILURE_AUTH },
	{ IN_CODE, "permission_error", FAILURE_AUTH },
	{ IN_TEXT, "incorrect api key", FAILURE_AUTH },
	{ IN_TEXT, "api key not valid", FAILURE_AUTH },
	{ IN_TEXT, "invalid api key", FAILURE_AUTH },
};

/* For errors in a stream that have words but no status. */
static const struct {
	const char *type;
	int http_status;
} type_statuses[] = {
	{ "invalid_request_error", 400 },
	{ "INVALID_ARGUMENT", 400 },
	{ "not_found_error", 404 },
	{ "timeout_error", 504 },
	{ "DEADLINE_EXCEEDED", 504 },
};

static bool
has_words(struct str text, const char *needle)
{
	struct str wanted = str_from(needle);

	for (; text.len >= wanted.len; text = str_skip(text, 1))
		if (strncasecmp(text.ptr, wanted.ptr, wanted.len) == 0)
			return true;
	return false;
}

static bool
fits(const struct word *word, const struct failure_report *report)
{
	struct str wanted = str_from(word->word);

	switch (word->place) {
	case IN_CODE:
		return str_eq_nocase(report->code, wanted) ||
		    str_eq_nocase(report->type, wanted);
	case AT_CODE:
		return str_has_prefix_nocase(report->code, wanted);
	case IN_TEXT:
		return has_words(report->message, word->word);
	}
	return false;
}

static enum failure_class
class_of_status(int http_status)
{
	switch (http_status) {
	case 401:
	case 403:
		return FAILURE_AUTH;
	case 402:
		return FAILURE_QUOTA;
	case 404:
		return FAILURE_MODEL;
	case 408:
	case 504:
		return FAILURE_TIMEOUT;
	case 413:
		return FAILURE_CONTEXT;
	case 429:
		return FAILURE_RATE;
	case 498: /* Groq: flex capacity exceeded */
	case 503:
	case 529:
		return FAILURE_OVERLOADED;
	default:
		return http_status >= 400 && http_status < 500 ? FAILURE_INVALID
							       : FAILURE_SERVER;
	}
}

static enum failure_class
class_of(const struct failure_report *report)
{
	int http_status = report->http_status;

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (fits(&words[i], report))
			return words[i].class;
	for (size_t i = 0; i < ARRAY_LEN(type_statuses); i++)
		if (http_status < 400 &&
		    str_eq(report->type, str_from(type_statuses[i].type)))
			http_status = type_statuses[i].http_status;
	return class_of_status(http_status);
}

static int64_t
unit_ms(struct str *text)
{
	static const struct {
		const char *word;
		int64_t ms;
	} units[] = {
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60000 },
		{ "h", 3600000 },
	};

	for (size_t i = 0; i < ARRAY_LEN(units); i++) {
		struct str word = str_from(units[i].word);

		if (str_has_prefix(*text, word)) {
			*text = str_skip(*text, word.len);
			return units[i].ms;
		}
	}
	return -1;
}

static bool
digits_next(struct str *text, int64_t *value)
{
	size_t count = 0;

	*value = 0;
	while (count < text->len && count < 9 && text->ptr[count] >= '0' &&
	    text->ptr[count] <= '9')
		*value = *value * 10 + (text->ptr[count++] - '0');
	*text = str_skip(*text, count);
	return count > 0;
}

/* Whole units and thousandths of them; what is finer does not matter. */
static bool
amount_next(struct str *text, int64_t *thousandths)
{
	int64_t whole, digit;

	if (!digits_next(text, &whole))
		return false;
	*thousandths = whole * 1000;
	if (!str_has_prefix(*text, STR(".")))
		return true;
	*text = str_skip(*text, 1);
	for (int64_t weight = 100; text->len > 0; weight /= 10) {
		digit = *text->ptr - '0';
		if (digit < 0 || digit > 9)
			break;
		*thousandths += digit * weight;
		*text = str_skip(*text, 1);
	}
	return true;
}

int64_t
failure_read_delay_ms(struct str text)
{
	int64_t total_ms = -1, thousandths;

	while (amount_next(&text, &thousandths)) {
		int64_t ms = unit_ms(&text);

		if (ms < 0)
			break;
		total_ms = i64_max(total_ms, 0) + thousandths * ms / 1000;
	}
	return total_ms;
}

/* "Please try again in 6m0s." */
static int64_t
delay_in(struct str message)
{
	static const char *const leads[] = { "try again in ", "retry in " };

	for (size_t i = 0; i < ARRAY_LEN(leads); i++) {
		struct str lead = str_from(leads[i]);
		ptrdiff_t at = str_find(message, lead);

		if (at >= 0)
			return failure_read_delay_ms(
			    str_skip(message, (size_t)at + lead.len));
	}
	return -1;
}

void
failure_read(struct arena *arena, const struct failure_report *report,
    struct failure *out)
{
	*out = (struct failure){
		.class = class_of(report),
		.http_status = report->http_status,
		.message = str_copy(arena, report->message),
		.code = str_copy(
		    arena, report->code.len > 0 ? report->code : report->type),
		.retry_after_ms = delay_in(report->message),
	};
}

struct str
failure_read_text(struct str body)
{
	struct str text = str_trim(str_head(body, TEXT_MAX));

	if (str_has_prefix(text, STR("<")) || !str_is_utf8(text))
		return STR("");
	return text;
}
