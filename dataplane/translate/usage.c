/* usage.c - token counts of the OpenAI and Anthropic families; see usage.h. */
#include "dataplane/translate/usage.h"

#include "common/base.h"
#include "dataplane/translate/dialect.h"
#include "dataplane/translate/tree.h"

/* No answer counts this much; sums of several still fit. */
#define COUNT_MAX (INT64_C(1) << 40)

/* A count, or the fallback when it is absent or makes no sense. */
static int64_t
count_of(const struct tree *object, const char *path, int64_t fallback)
{
	int64_t count = tree_int(tree_path(object, path), -1);

	return count < 0 || count > COUNT_MAX ? fallback : count;
}

/* A part of a total that is larger than it is a provider's mistake. */
static int64_t
part_of(int64_t total, int64_t part)
{
	return i64_min(total, part);
}

static void
read_openai_cache(const struct tree *usage, struct tokens *tokens)
{
	int64_t hits = count_of(usage, "prompt_cache_hit_tokens", 0);
	int64_t cached =
	    count_of(usage, "prompt_tokens_details.cached_tokens", hits);
	int64_t written =
	    count_of(usage, "prompt_tokens_details.cache_write_tokens", 0);

	tokens->cached = part_of(tokens->input, cached);
	tokens->cache_write_5m =
	    part_of(tokens->input - tokens->cached, written);
	tokens->cache_write_1h = 0;
}

/* xAI's models behind other providers: the total tells that it is. */
static bool
is_reasoning_extra(
    const struct tree *usage, const struct tokens *tokens, int64_t reasoning)
{
	return reasoning > 0 &&
	    count_of(usage, "total_tokens", 0) ==
	    tokens->input + tokens->output + reasoning;
}

void
usage_read_openai(
    const struct tree *usage, uint32_t quirks, struct tokens *tokens)
{
	int64_t input = count_of(usage, "prompt_tokens", -1);
	int64_t output = count_of(usage, "completion_tokens", -1);
	int64_t reasoning =
	    count_of(usage, "completion_tokens_details.reasoning_tokens", 0);

	if (input < 0 && output < 0)
		return;
	tokens->input = i64_max(input, 0);
	tokens->output = i64_max(output, 0);
	if ((quirks & QUIRK_REASONING_EXTRA) ||
	    is_reasoning_extra(usage, tokens, reasoning))
		tokens->output += reasoning;
	tokens->reasoning = part_of(tokens->output, reasoning);
	tokens->reported = true;
	read_openai_cache(usage, tokens);
}

/*
 * Older answers give one number for what was written to the cache; then all
 * of it lives for five minutes.
 */
static void
read_anthropic_writes(const struct tree *usage, struct tokens *tokens)
{
	int64_t known = tokens->cache_write_5m + tokens->cache_write_1h;
	int64_t total = count_of(usage, "cache_creation_input_tokens", known);
	int64_t hour = count_of(usage,
	    "cache_creation.ephemeral_1h_input_tokens", tokens->cache_write_1h);
	int64_t minutes =
	    count_of(usage, "cache_creation.ephemeral_5m_input_tokens", -1);

	if (minutes >= 0)
		total = i64_max(total, minutes + hour);
	tokens->cache_write_1h = part_of(total, hour);
	tokens->cache_write_5m = total - tokens->cache_write_1h;
}

void
usage_read_anthropic(const struct tree *usage, struct tokens *tokens)
{
	int64_t plain = tokens->input - tokens->cached -
	    tokens->cache_write_5m - tokens->cache_write_1h;

	if (!tree_is(usage, TREE_OBJECT))
		return;
	plain = count_of(usage, "input_tokens", plain);
	tokens->cached =
	    count_of(usage, "cache_read_input_tokens", tokens->cached);
	read_anthropic_writes(usage, tokens);
	tokens->input = plain + tokens->cached + tokens->cache_write_5m +
	    tokens->cache_write_1h;
	tokens->output = count_of(usage, "output_tokens", tokens->output);
	tokens->reasoning = part_of(tokens->output,
	    count_of(usage, "output_tokens_details.thinking_tokens",
		tokens->reasoning));
	tokens->reported = true;
}
