// Runs suites of the ONNX backend format through the compiler and the runtime.
//
//   heddle-conformance node=/usr/share/libonnx-testdata/data/node --exclusions exclusions.txt
//
// Exit 0: every case passes in every variant that was asked for, but for those excluded, and no excluded one passes.
#include "compiler/pipeline/Compile.h"
#include "mlir/IR/MLIRContext.h"
#include "test/conformance/CaseRun.h"
#include "test/conformance/Exclusions.h"
#include "test/conformance/Isolated.h"
#include "test/conformance/Table.h"
#include "test/property/CompiledModule.h"
#include "llvm/ADT/Hashing.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/CommandLine.h"
#include "llvm/Support/Regex.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <thread>
#include <unistd.h>

namespace cl = llvm::cl;
using namespace heddle::test;

namespace {

cl::list<std::string> suiteArguments(cl::Positional, cl::OneOrMore, cl::desc("NAME=FOLDER..."));
cl::list<Kind> kindArguments("variants", cl::CommaSeparated, cl::desc("Variants to run (all three)"),
                             cl::values(clEnumValN(Kind::Static, "static", "sizes are numbers"),
                                        clEnumValN(Kind::Dynamic, "dynamic", "sizes are symbols"),
                                        clEnumValN(Kind::Constant, "constant", "inputs are constants")));
cl::opt<unsigned> sample("sample", cl::init(1),
                         cl::desc("Run the variants other than static for one case in N only (1)"));
cl::opt<std::string> exclusionsPath("exclusions", cl::desc("File of cases that are known not to pass"));
cl::opt<std::string> filter("filter", cl::desc("Only cases whose suite/name matches this regular expression"));
cl::opt<std::string> resultsPath("results", cl::desc("Write one line for each case and variant to this file"));
cl::opt<bool> printsTable("table", cl::desc("Print the table of operators instead of running anything"));
cl::opt<unsigned> parallel("jobs", cl::init(std::thread::hardware_concurrency()), cl::desc("Processes at a time"));
cl::opt<int> seconds("timeout", cl::init(60), cl::desc("Seconds for one case in one variant (60)"));

struct Job {
  std::string suite, folder;
  Kind kind;
  std::string key() const { return suite + "/" + std::filesystem::path(folder).filename().string(); }
};

struct Tally {
  size_t passed = 0, excluded = 0, total = 0;
};

bool isSampled(const std::string &key) {
  uint64_t hash = 1469598103934665603u; // FNV-1a: the same cases on every machine
  for (unsigned char byte : key)
    hash = (hash ^ byte) * 1099511628211u;
  return hash % sample == 0;
}

std::vector<Job> collectJobs() {
  std::vector<Kind> kinds(kindArguments.begin(), kindArguments.end());
  if (kinds.empty())
    kinds = {Kind::Static, Kind::Dynamic, Kind::Constant};
  llvm::Regex pattern(filter);
  std::vector<Job> jobs;
  for (const std::string &argument : suiteArguments) {
    auto [name, folder] = llvm::StringRef(argument).split('=');
    for (const std::string &path : listCases(folder.str()))
      for (Kind kind : kinds) {
        Job job{name.str(), path, kind};
        if ((filter.empty() || pattern.match(job.key())) && (kind == Kind::Static || isSampled(job.key())))
          jobs.push_back(std::move(job));
      }
  }
  return jobs;
}

std::string runJob(const Job &job, const std::string &scratch, mlir::MLIRContext &context) {
  heddle::io::Result<Case> source = readCase(job.suite, job.folder);
  if (!source)
    return "fail " + source.message();
  std::string folder = scratch + "/" + std::to_string(getpid());
  std::filesystem::create_directories(folder);
  Outcome outcome = runCase(*source, job.kind, folder, context);
  std::filesystem::remove_all(folder);
  return (outcome.passed ? "pass " : "fail ") + outcome.detail;
}

class Report {
public:
  Report(const Exclusions &exclusions, std::ostream *results) : exclusions(exclusions), results(results) {}

  void add(const Job &job, const std::string &text) {
    std::string variant = name(job.kind), line = job.key() + " " + variant + " " + text;
    bool passed = text.rfind("pass", 0) == 0;
    const std::string *reason = exclusions.find(job.key(), variant);
    Tally &tally = tallies[job.suite + " " + variant];
    ++tally.total, tally.passed += passed, tally.excluded += !passed && reason;
    if (results)
      *results << line << std::endl; // as it goes: a run that is ended has its results
    if (passed != (reason != nullptr))
      return;
    ++surprises;
    llvm::outs() << (passed ? "PASSES, but is excluded: " : "FAILED ") << line << "\n";
    llvm::outs().flush();
  }

  int finish() const {
    for (const auto &[name, tally] : tallies)
      llvm::outs() << name << ": " << tally.passed << " of " << tally.total << " pass, " << tally.excluded
                   << " excluded\n";
    llvm::outs() << surprises << " against expectation\n";
    return surprises != 0;
  }

private:
  const Exclusions &exclusions;
  std::ostream *results;
  std::map<std::string, Tally> tallies;
  size_t surprises = 0;
};

} // namespace

static int printTable(const Exclusions &exclusions) {
  StatusTable table(exclusions);
  for (const std::string &argument : suiteArguments) {
    auto [name, folder] = llvm::StringRef(argument).split('=');
    for (const std::string &path : listCases(folder.str()))
      if (heddle::io::Result<Case> source = readCase(name.str(), path))
        table.add(*source);
  }
  llvm::outs() << table.markdown();
  return 0;
}

int main(int argc, char **argv) {
  cl::ParseCommandLineOptions(argc, argv, "Runs suites of the ONNX backend format\n");
  Exclusions exclusions;
  if (!exclusionsPath.empty()) {
    heddle::io::Result<Exclusions> read = Exclusions::read(exclusionsPath);
    if (!read) {
      llvm::errs() << read.message() << "\n";
      return 2;
    }
    exclusions = std::move(*read);
  }
  if (printsTable)
    return printTable(exclusions);
  std::vector<Job> jobs = collectJobs();
  if (jobs.empty()) {
    llvm::errs() << "no cases found\n";
    return 2;
  }
  std::ofstream resultsFile;
  if (!resultsPath.empty())
    resultsFile.open(resultsPath);
  std::string scratch = std::filesystem::temp_directory_path() / ("heddle-conformance-" + std::to_string(getpid()));
  std::unique_ptr<mlir::MLIRContext> context = makeCompilerContext();
  Report report(exclusions, resultsPath.empty() ? nullptr : &resultsFile);
  runIsolated(
      jobs.size(), {parallel, seconds}, [&](size_t job) { return runJob(jobs[job], scratch, *context); },
      [&](size_t job, const std::string &text) { report.add(jobs[job], text); });
  std::filesystem::remove_all(scratch);
  return report.finish();
}
