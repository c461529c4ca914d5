// Command build makes the console's static files and components out of their
// sources. Run it with "go generate ./server/console/..." after a change to a
// .ts, .css, .svg or .templ file. With -types it has TypeScript check the types
// instead, for which it needs npm.
package main

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/deskbell/deskbell/server/console/assets"
)

// typescript is the compiler that checks the types; it makes nothing.
const typescript = "typescript@7.0.2"

func main() {
	types := flag.Bool("types", false, "check the types of the TypeScript sources")
	console := flag.String("console", "server/console", "the console's `folder`")
	flag.Parse()
	run := build
	if *types {
		run = check
	}
	if err := run(*console); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func build(console string) error {
	components, err := assets.Templates(console)
	if err != nil {
		return err
	}
	for path, src := range components {
		if err := write(path, src); err != nil {
			return err
		}
	}
	files, err := assets.Bundle(filepath.Join(console, "assets"))
	if err != nil {
		return err
	}
	out := filepath.Join(console, "static", "files")
	old, err := filepath.Glob(filepath.Join(out, "*"))
	if err != nil {
		return err
	}
	for _, f := range old {
		if _, still := files[filepath.Base(f)]; !still {
			if err := os.Remove(f); err != nil {
				return err
			}
		}
	}
	for name, content := range files {
		if err := write(filepath.Join(out, name), content); err != nil {
			return err
		}
	}
	return nil
}

// write leaves a file alone that is as it should be, so that its time says when
// it changed.
func write(path string, content []byte) error {
	if old, err := os.ReadFile(path); err == nil && string(old) == string(content) {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}

func check(console string) error {
	c := exec.Command("npx", "--yes", "--package", typescript, "tsc", "--noEmit", "-p", filepath.Join(console, "assets", "tsconfig.json"))
	c.Stdout, c.Stderr = os.Stdout, os.Stderr
	return c.Run()
}
