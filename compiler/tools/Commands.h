// The verbs of `heddle`. Each adds itself to the command line and sets the exit code when it runs:
// 0 done, 1 a user's error or a failed check, 2 a wrong command line.
#ifndef HEDDLE_COMPILER_TOOLS_COMMANDS_H
#define HEDDLE_COMPILER_TOOLS_COMMANDS_H

namespace CLI {
class App;
}

namespace heddle {

void addCompileCommand(CLI::App &app, int &exitCode);
void addRunCommand(CLI::App &app, int &exitCode);
void addVerifyCommand(CLI::App &app, int &exitCode);
void addInspectCommand(CLI::App &app, int &exitCode);
void addBenchCommand(CLI::App &app, int &exitCode);
void addStreamCommand(CLI::App &app, int &exitCode);
void addCalibrateCommand(CLI::App &app, int &exitCode);
void addDocsCommand(CLI::App &app, int &exitCode);

} // namespace heddle

#endif
