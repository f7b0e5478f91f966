package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"
)

// Directory keeps each bundle as a folder of files for their owner only. A folder's name is a link that is changed in
// one step, so that a reader never sees a certificate without its key.
type Directory struct {
	Path string
}

// Update is that of Store. Writers wait for each other.
func (d Directory) Update(_ context.Context, bundle string, change func(Entries) (Entries, error)) error {
	unlock, err := d.lock()
	if err != nil {
		return err
	}
	defer unlock()
	entries, err := d.read(bundle)
	if err != nil {
		return err
	}
	entries, err = change(entries)
	if errors.Is(err, ErrUnchanged) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("%s: %w", bundle, err)
	}
	return d.write(bundle, entries)
}

// Read is that of Store.
func (d Directory) Read(_ context.Context, bundle string) (Entries, error) { return d.read(bundle) }

func (d Directory) read(bundle string) (Entries, error) {
	folder := filepath.Join(d.Path, bundle)
	files, err := os.ReadDir(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	entries := Entries{}
	for _, file := range files {
		entries[file.Name()], err = os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			return nil, err
		}
	}
	return entries, nil
}

func (d Directory) write(bundle string, entries Entries) error {
	folder, err := os.MkdirTemp(d.Path, "."+bundle+".")
	if err != nil {
		return err
	}
	for name, content := range entries {
		if err := renameio.WriteFile(filepath.Join(folder, name), content, 0o600); err != nil {
			return err
		}
	}
	link := filepath.Join(d.Path, bundle)
	old, _ := os.Readlink(link)
	if err := renameio.Symlink(filepath.Base(folder), link); err != nil {
		return fmt.Errorf("%s is in the way: %w", link, err)
	}
	return d.clean(bundle, filepath.Base(folder), old)
}

// clean removes what no reader can still be at: one generation is kept for whoever is just between the link and a file.
func (d Directory) clean(bundle, current, previous string) error {
	folders, err := os.ReadDir(d.Path)
	if err != nil {
		return err
	}
	for _, folder := range folders {
		name := folder.Name()
		// A bundle's name has no dot, so that of another is never taken for a generation of this one.
		if !strings.HasPrefix(name, "."+bundle+".") || name == current || name == previous {
			continue
		}
		if err := os.RemoveAll(filepath.Join(d.Path, name)); err != nil {
			return err
		}
	}
	return nil
}

func (d Directory) lock() (unlock func(), err error) {
	if err := os.MkdirAll(d.Path, 0o700); err != nil {
		return nil, err
	}
	file, err := os.OpenFile(filepath.Join(d.Path, ".lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, err
	}
	return func() { _ = file.Close() }, nil
}
