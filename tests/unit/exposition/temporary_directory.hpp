// A directory that goes with the object, and files in it.
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

struct temporary_directory {
  temporary_directory() {
    std::string pattern = (std::filesystem::temp_directory_path() / "telltale-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path = pattern;
  }
  ~temporary_directory() { std::filesystem::remove_all(path); }
  temporary_directory(const temporary_directory&) = delete;
  temporary_directory& operator=(const temporary_directory&) = delete;

  std::string operator/(const std::string& name) const { return path + "/" + name; }

  /// Writes a file and gives it exactly this mode.
  std::string write(const std::string& name, const std::string& content, ::mode_t mode = 0600) const {
    const std::string file = *this / name;
    std::ofstream(file, std::ios::trunc) << content;
    if (::chmod(file.c_str(), mode) != 0) throw std::runtime_error("chmod");
    return file;
  }

  std::string path;
};
