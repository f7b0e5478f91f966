package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
)

// runCopy copies the files of a mounted Secret into files of this user alone. Programs before 0.5.0 refuse any secret
// that its group may read, which is how Kubernetes mounts them.
func runCopy(_ context.Context, arguments []string, _, problems io.Writer) error {
	flags := newFlags("copy", problems)
	from := flags.String("from", "", "the folder of the Secret")
	to := flags.String("to", "", "the folder for the copies, which is there")
	if err := parse(flags, arguments); err != nil {
		return err
	}
	if *from == "" || *to == "" {
		return fmt.Errorf("%w: --from and --to are needed", errUsage)
	}
	files, err := os.ReadDir(*from)
	if err != nil {
		return err
	}
	for _, file := range files {
		// Kubernetes keeps the files in a folder whose name begins with two dots, and links to them.
		info, err := os.Stat(filepath.Join(*from, file.Name()))
		if err != nil {
			return err
		}
		if !info.Mode().IsRegular() {
			continue
		}
		content, err := os.ReadFile(filepath.Join(*from, file.Name()))
		if err != nil {
			return err
		}
		if err := renameio.WriteFile(filepath.Join(*to, file.Name()), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
