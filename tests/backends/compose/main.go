// Command compose-config prints a compose file as JSON, as `docker compose config` sees it:
// loaded, its variables filled in, normalised and checked for consistency, by the library
// that docker compose is made of. It needs no engine.
//
// Usage: compose-config ENVIRONMENT_FILE COMPOSE_FILE
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: compose-config ENVIRONMENT_FILE COMPOSE_FILE"))
	}
	options, err := cli.NewProjectOptions(
		os.Args[2:],
		cli.WithWorkingDirectory(filepath.Dir(os.Args[2])),
		cli.WithEnvFiles(os.Args[1]),
		cli.WithDotEnv,
		cli.WithDefaultProfiles("*"),
	)
	if err != nil {
		fail(err)
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		fail(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(project); err != nil {
		fail(err)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "compose-config:", err)
	os.Exit(1)
}
