/* identity_test.c - what makes two runs of a list the same one: every option of the table, by
 * trying it.
 *
 * Each row is set to two values. Where the table says that runs may differ in it (FREE), nothing
 * of the identity may change; where it says that they may not, something must.
 *
 * SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <unistd.h>
#include "test.h"
#include "../port/app/option_read.h"
#include "../port/list/list.h"

static volatile sig_atomic_t stop;
static char list_path[] = P_tmpdir "/quoth-identity-XXXXXX";
static char one[] = P_tmpdir "/quoth-one-XXXXXX", two[] = P_tmpdir "/quoth-two-XXXXXX";

static void write_file(char *path, const char *text)
{
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
}

/* One of two values that a row may have. */
static const char *value_of(const struct app_option *row, int second)
{
    static const struct {
        const char *name, *value[2];
    } rows[] = {
        {"timeout", {"10", "20"}},
        {"decoys", {"1", "2"}},
        {"allow-name", {"test", "corp.test"}},
        {"file", {list_path, list_path}},
        {"resume", {"yes", "journal"}},
        {"column", {"1", "2"}},
        {"delimiter", {",", ";"}},
        {"header", {"yes", "no"}},
        {"input", {"csv", "lines"}},
        {"only", {"risky", "unknown"}},
        {"shard", {"1/2", "2/2"}},
        {"skip-providers", {"mx.quoth.net", "mx2.quoth.net"}},
        {"passes", {"1", "2"}},
        {"max-time", {"1h", "2h"}},
        {"helo", {"a.quoth.net", "b.quoth.net"}},
        {"from", {"a@quoth.net", "b@quoth.net"}},
        {"nameserver", {"192.0.2.1", "192.0.2.2"}},
        {"server", {"192.0.2.1:25", "192.0.2.1:26"}},
        {"allow", {"10.0.0.0/8", "172.16.0.0/12"}},
        {"deny", {"10.0.0.0/8", "172.16.0.0/12"}},
        {"calibration", {"10 20 300 40 2026-11-27", "11 20 300 40 2026-11-27"}},
        {"limit-memory", {"1m", "2m"}},
        {"why", {"yes", "203.0.113.5"}},
        {"relay", {"a@quoth.net", "b@quoth.net"}},
        {"sandbox", {"2525", "2526"}},
        {"format", {"csv", "json"}},
    };
    static char word[32];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (!strcmp(rows[i].name, row->name))
            return rows[i].value[second];
    if (row->take == option_content || row->take == option_text)
        return second ? two : one;
    if (row->take == option_flag || row->take == option_action)
        return second ? "no" : "yes";
    if (row->take == option_number)
        return second ? "2" : "1";
    if (row->take == option_word && second) {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(row->arg, "|"), row->arg);
        return word;
    }
    return row->take == option_word ? strrchr(row->arg, '|') + 1 : NULL;
}

/* The identity of a run with that one option. */
static const char *identity(const char *name, const char *value, char buf[LIST_IDENTITY_MAX])
{
    static struct app_options o;
    struct app_listed listed;
    struct list_set set = {0};
    struct app_why why;

    memset(&o, 0, sizeof o);
    o.list.anyway = 1;
    CHECK_INT(app_option_set(&o, APP_PLACE_LINE, "file", list_path, &why), 0);
    if (name && strcmp(name, "file"))
        CHECK_STR(app_option_set(&o, APP_PLACE_LINE, name, value, &why) ? name : "", "");
    CHECK_INT(list_set_open(&set, &o, &stop), 0);
    CHECK_INT(app_listed_open(&listed, o.listed), 0);
    list_identity(&(struct list_about) {&set, &o, &listed}, buf);
    app_listed_close(&listed);
    list_set_close(&set);
    return buf;
}

TEST(L05_every_option_counts_or_is_declared_not_to)
{
    static char a[LIST_IDENTITY_MAX], b[LIST_IDENTITY_MAX];
    unsigned kinds[APP_ALIKE_MACHINE + 1] = {0};

    for (unsigned i = 0; i < app_option_count; i++) {
        const struct app_option *row = &app_option_rows[i];
        const char *first = value_of(row, 0);
        CHECK(row->alike >= APP_ALIKE_FREE && row->alike <= APP_ALIKE_MACHINE);
        kinds[row->alike]++;
        CHECK_STR(first ? "" : row->name, ""); /* an option without values here */
        if (!first || row->alike == APP_ALIKE_LIST)
            continue;
        identity(row->name, first, a);
        identity(row->name, value_of(row, 1), b);
        CHECK_STR(strcmp(a, b) && row->alike == APP_ALIKE_FREE ? row->name : "", "");
        CHECK_STR(!strcmp(a, b) && row->alike != APP_ALIKE_FREE ? row->name : "", "");
    }
    for (int kind = APP_ALIKE_FREE; kind <= APP_ALIKE_MACHINE; kind++)
        CHECK(kinds[kind] > 0);
}

/* Those that say how the list is read count by what comes of it. */
TEST(L05_how_the_list_is_read_counts)
{
    static const char *const rows[][3] = {
        {"column", "1", "2"},          {"delimiter", ",", "|"}, {"header", "yes", "no"},
        {"input", "csv", "lines"},     {"skip", "1", "2"},      {"shard", "1/2", "2/2"},
        {"display-names", "yes", "no"}};
    static char a[LIST_IDENTITY_MAX], b[LIST_IDENTITY_MAX];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK(strcmp(identity(rows[i][0], rows[i][1], a), identity(rows[i][0], rows[i][2], b)));
}

TEST(L05_a_default_written_out_is_the_default)
{
    static const char *const rows[][2] = {{"tls", "try"}, {"ordered", "no"}, {"format", "text"}};
    static char a[LIST_IDENTITY_MAX], b[LIST_IDENTITY_MAX];

    identity(NULL, NULL, a);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        CHECK_STR(identity(rows[i][0], rows[i][1], b), a);
}

/* Of a file its content counts: a copy is the same, and the same name with other names in it is
 * not. */
TEST(L05_files_count_by_what_they_say)
{
    static const char *const options[] = {"disposable", "free", "role", "trusted", "ca-file"};
    static char a[LIST_IDENTITY_MAX], b[LIST_IDENTITY_MAX];
    char copy[] = P_tmpdir "/quoth-copy-XXXXXX";

    write_file(copy, "one.quoth.net\n");
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        identity(options[i], one, a);
        CHECK_STR(identity(options[i], copy, b), a);
    }
    FILE *f = fopen(copy, "w");
    CHECK(f && fputs("other.quoth.net\n", f) >= 0 && !fclose(f));
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        CHECK(strcmp(identity(options[i], copy, b), identity(options[i], one, a)));
    unlink(copy);
}

int main(void)
{
    write_file(list_path, "email,other\na@quoth.net,b@quoth.net\nc@quoth.net;x,d@quoth.net\n");
    write_file(one, "one.quoth.net\n");
    write_file(two, "two.quoth.net\n");
    RUN(L05_every_option_counts_or_is_declared_not_to);
    RUN(L05_how_the_list_is_read_counts);
    RUN(L05_a_default_written_out_is_the_default);
    RUN(L05_files_count_by_what_they_say);
    unlink(list_path);
    unlink(one);
    unlink(two);
    return report("identity");
}
