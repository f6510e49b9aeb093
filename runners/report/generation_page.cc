#include "runners/report/generation_page.h"

#include <cctype>

namespace rankadaptor::runners {
namespace {

constexpr const char* kStyle =
    "body{font-family:sans-serif;margin:1em}"
    "table{border-collapse:collapse;table-layout:fixed;width:100%}"
    "th,td{border:1px solid #999;padding:.5em;text-align:left;"
    "vertical-align:top;white-space:pre-wrap;overflow-wrap:anywhere}";

bool IsPlain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return std::isalnum(byte) != 0 || byte >= 0x80 || c == ' ' || c == '.' ||
         c == ',';
}

bool IsControl(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
}

// Everything that HTML or Markdown could take for its own becomes a character
// reference, which both show as the character.
std::string Escaped(const std::string& text, const char* line_break) {
  std::string escaped;
  for (char c : text) {
    if (c == '\n') {
      escaped += line_break;
    } else if (IsControl(c)) {
      escaped += "\xEF\xBF\xBD";  // U+FFFD
    } else if (IsPlain(c) || c == '\t') {
      escaped += c;
    } else {
      escaped += "&#" + std::to_string(static_cast<int>(c)) + ";";
    }
  }
  return escaped;
}

// Terminals obey control characters.
std::string WithoutControls(const std::string& text) {
  std::string plain;
  for (char c : text) {
    if (IsControl(c)) {
      plain += "\xEF\xBF\xBD";
    } else {
      plain += c;
    }
  }
  return plain;
}

}  // namespace

std::string PageAsText(const GenerationPage& page) {
  std::string text;
  for (size_t i = 0; i < page.prompts.size(); ++i) {
    text += "prompt " + std::to_string(i + 1) + ": " +
            WithoutControls(page.prompts[i]) + "\n";
    for (const GeneratedColumn& column : page.columns) {
      text += "--- " + column.label + "\n" + WithoutControls(column.texts[i]) +
              "\n";
    }
    text += "\n";
  }
  return text;
}

std::string PageAsMarkdown(const GenerationPage& page) {
  auto cell = [](const std::string& text) {
    return " " + Escaped(text, "<br>") + " |";
  };
  std::string head = "| prompt |";
  std::string rule = "|---|";
  for (const GeneratedColumn& column : page.columns) {
    head += cell(column.label);
    rule += "---|";
  }
  std::string table = head + "\n" + rule + "\n";
  for (size_t i = 0; i < page.prompts.size(); ++i) {
    table += "|" + cell(page.prompts[i]);
    for (const GeneratedColumn& column : page.columns) {
      table += cell(column.texts[i]);
    }
    table += "\n";
  }
  return table;
}

std::string PageAsHtml(const GenerationPage& page) {
  auto cell = [](const char* tag, const std::string& text) {
    return "<" + std::string(tag) + ">" + Escaped(text, "\n") + "</" + tag +
           ">";
  };
  std::string html =
      "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\">"
      "<title>Generations</title><style>" +
      std::string(kStyle) + "</style></head>\n<body><table>\n<tr>" +
      cell("th", "prompt");
  for (const GeneratedColumn& column : page.columns) {
    html += cell("th", column.label);
  }
  html += "</tr>\n";
  for (size_t i = 0; i < page.prompts.size(); ++i) {
    html += "<tr>" + cell("td", page.prompts[i]);
    for (const GeneratedColumn& column : page.columns) {
      html += cell("td", column.texts[i]);
    }
    html += "</tr>\n";
  }
  return html + "</table></body></html>\n";
}

}  // namespace rankadaptor::runners
