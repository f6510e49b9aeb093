#include "runners/report/generation_page.h"

#include <algorithm>

#include <gmock/gmock.h>

namespace rankadaptor::runners {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const GenerationPage kPage = {
    .prompts = {"a | b", "two\nlines"},
    .columns = {{.label = "dense", .texts = {"<script>x()</script>", "**b**"}},
                {.label = "pruned", .texts = {"\x1b[31mred", "</td>"}}}};

TEST(GenerationPage, HtmlShowsWhatModelsWriteAndNeverObeysIt) {
  const std::string html = PageAsHtml(kPage);
  EXPECT_THAT(html, Not(HasSubstr("<script>")));
  EXPECT_THAT(html, HasSubstr("&#60;script&#62;"));
  EXPECT_THAT(html, HasSubstr("<th>dense</th><th>pruned</th>"));
  EXPECT_THAT(html, Not(HasSubstr("\x1b")));
}

TEST(GenerationPage, MarkdownStaysOneTable) {
  const std::string markdown = PageAsMarkdown(kPage);
  EXPECT_THAT(markdown, HasSubstr("| a &#124; b |"));
  EXPECT_THAT(markdown, HasSubstr("two<br>lines"));
  EXPECT_THAT(markdown, HasSubstr("&#42;&#42;b&#42;&#42;"));
  EXPECT_EQ(std::ranges::count(markdown, '\n'), 4);
}

TEST(GenerationPage, TextHasNoControlCharacters) {
  EXPECT_THAT(PageAsText(kPage), Not(HasSubstr("\x1b")));
  EXPECT_THAT(PageAsText(kPage), HasSubstr("--- pruned"));
}

}  // namespace
}  // namespace rankadaptor::runners
