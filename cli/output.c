/*
 * output.c - see output.h.
 *
 * A table is laid out for 80 columns: the widest columns but the first give
 * way until it fits, and what is cut ends in "…".
 */
#include "cli/output.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	SCREEN_COLUMNS = 80,
	COLUMN_MIN = 6,
	CELL_SIZE = 256,
};

void
output_json(const json_t *value)
{
	char *text = json_dumps(value, JSON_INDENT(2) | JSON_ENCODE_ANY);

	printf("%s\n", text != NULL ? text : "null");
	free(text);
}

/* The value as text on one line, cut to what a cell holds. */
static void
write_cell(const json_t *value, char out[CELL_SIZE])
{
	char *text;

	out[0] = '\0';
	if (value == NULL || json_is_null(value))
		return;
	if (json_is_string(value)) {
		snprintf(out, CELL_SIZE, "%s", json_string_value(value));
		return;
	}
	text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
	snprintf(out, CELL_SIZE, "%s", text != NULL ? text : "");
	free(text);
}

/* "actor.kind" -> the member of the member; NULL when it is not there. */
static const json_t *
follow(const json_t *row, const char *path)
{
	struct str rest = str_from(path);
	struct str name;

	while (row != NULL && str_next(&rest, '.', &name))
		row = json_object_getn(row, name.ptr, name.len);
	return row;
}

static bool
starts_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* How many characters the text has. */
static size_t
width_of(const char *text)
{
	size_t width = 0;

	for (; *text != '\0'; text++)
		width += starts_character(*text);
	return width;
}

/* Prints the text in exactly `width` characters; the last column unpadded. */
static void
print_cell(const char *text, size_t width, bool is_last)
{
	size_t have = width_of(text);
	size_t keep = have > width ? width - 1 : have;
	size_t printed = 0;

	for (; *text != '\0'; text++) {
		if (starts_character(*text) && printed++ == keep)
			break;
		if ((unsigned char)*text >= ' ')
			putchar(*text);
	}
	if (have > width) {
		printf("\u2026");
		keep++;
	}
	if (!is_last)
		printf("%*s", (int)(width - keep + 2), "");
}

struct layout {
	size_t widths[RESOURCE_COLUMNS_MAX];
	size_t count;
};

static void
measure(
    struct layout *layout, const struct resource *resource, const json_t *list)
{
	char cell[CELL_SIZE];
	const json_t *row;
	size_t i;

	*layout = (struct layout){ 0 };
	while (layout->count < RESOURCE_COLUMNS_MAX &&
	    resource->columns[layout->count] != NULL) {
		const char *name = resource->columns[layout->count];
		size_t width = strlen(name);

		json_array_foreach(list, i, row)
		{
			write_cell(follow(row, name), cell);
			if (width_of(cell) > width)
				width = width_of(cell);
		}
		layout->widths[layout->count++] = width;
	}
}

static size_t
total_width(const struct layout *layout)
{
	size_t total = 2 * (layout->count - 1);

	for (size_t i = 0; i < layout->count; i++)
		total += layout->widths[i];
	return total;
}

/* The first column names the row, so it stays whole. */
static void
fit(struct layout *layout)
{
	while (total_width(layout) > SCREEN_COLUMNS) {
		size_t widest = 1;

		for (size_t i = 2; i < layout->count; i++) {
			if (layout->widths[i] >= layout->widths[widest])
				widest = i;
		}
		if (layout->count < 2 || layout->widths[widest] <= COLUMN_MIN)
			return;
		layout->widths[widest]--;
	}
}

static void
print_heading(const struct layout *layout, const struct resource *resource)
{
	char cell[CELL_SIZE];

	for (size_t i = 0; i < layout->count; i++) {
		snprintf(cell, sizeof(cell), "%s", resource->columns[i]);
		for (char *c = cell; *c != '\0'; c++)
			*c = *c == '_' || *c == '.' ? ' ' : (char)toupper(*c);
		print_cell(cell, layout->widths[i], i + 1 == layout->count);
	}
	putchar('\n');
}

static void
print_table(const struct resource *resource, const json_t *list)
{
	struct layout layout;
	char cell[CELL_SIZE];
	const json_t *row;
	size_t i;

	measure(&layout, resource, list);
	fit(&layout);
	print_heading(&layout, resource);
	json_array_foreach(list, i, row)
	{
		for (size_t c = 0; c < layout.count; c++) {
			write_cell(follow(row, resource->columns[c]), cell);
			print_cell(
			    cell, layout.widths[c], c + 1 == layout.count);
		}
		putchar('\n');
	}
}

static void
print_id(const struct resource *resource, const json_t *object)
{
	const char *id =
	    json_string_value(json_object_get(object, resource->id));

	printf("%s\n", id != NULL ? id : "");
}

void
output_list(
    enum output output, const struct resource *resource, const json_t *list)
{
	const json_t *row;
	size_t i;

	switch (output) {
	case OUTPUT_TABLE:
		print_table(resource, list);
		break;
	case OUTPUT_JSON:
		output_json(list);
		break;
	case OUTPUT_NAME:
		json_array_foreach(list, i, row) print_id(resource, row);
		break;
	}
}

static void
print_members(const json_t *object)
{
	const char *name;
	json_t *value;
	size_t width = 0;

	json_object_foreach((json_t *)object, name, value)
	{
		if (strlen(name) > width)
			width = strlen(name);
	}
	json_object_foreach((json_t *)object, name, value)
	{
		char *text = json_is_string(value)
		    ? strdup(json_string_value(value))
		    : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

		printf("%-*s  %s\n", (int)width, name,
		    text != NULL && !json_is_null(value) ? text : "-");
		free(text);
	}
}

void
output_object(
    enum output output, const struct resource *resource, const json_t *object)
{
	switch (output) {
	case OUTPUT_TABLE:
		print_members(object);
		break;
	case OUTPUT_JSON:
		output_json(object);
		break;
	case OUTPUT_NAME:
		print_id(resource, object);
		break;
	}
}
