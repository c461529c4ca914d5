package tickets

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/deskbell/deskbell/ui/model"
)

// downloads is the person's folder for what comes from elsewhere.
func downloads() (string, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(home, "Downloads")
	if d := os.Getenv("XDG_DOWNLOAD_DIR"); filepath.IsAbs(d) {
		dir = d
	}
	return dir, os.MkdirAll(dir, 0o755)
}

// keep writes a file into the downloads under a name that is not taken, and
// returns the name. What the sender called the file is only a hint: no folder, no
// hidden file, nothing that can be run.
func keep(name string, data io.Reader) (string, error) {
	dir, err := downloads()
	if err != nil {
		return "", err
	}
	name = safeName(name)
	base, ext := strings.TrimSuffix(name, filepath.Ext(name)), filepath.Ext(name)
	for i := 1; i < 1000; i++ {
		if i > 1 {
			name = fmt.Sprintf("%s (%d)%s", base, i, ext)
		}
		f, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", err
		}
		_, err = io.Copy(f, data)
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(f.Name())
			return "", err
		}
		return name, nil
	}
	return "", fs.ErrExist
}

func safeName(name string) string {
	name = model.Line(name)
	if i := strings.LastIndexAny(name, `/\`); i >= 0 {
		name = name[i+1:]
	}
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`<>:"|?*`, r) {
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(name, ". ")
	if r := []rune(name); len(r) > 120 {
		name = string(r[:100]) + filepath.Ext(name)
	}
	if name == "" {
		name = "file"
	}
	return name
}
