package desktop

import (
	"net/url"

	"github.com/rymdport/portal/filechooser"

	"github.com/deskbell/deskbell/ui/model"
)

// choose lets the person pick files in the desktop's own dialog, by the desktop
// portal, and calls done off the main goroutine. An error means that this desktop
// has none. The dialog cannot be taken back, so nobody waits for it at the end.
func choose(done func(paths []string, err error)) {
	go func() {
		uris, err := filechooser.OpenFile("", model.WordsAttach(), &filechooser.OpenFileOptions{Multiple: true})
		var paths []string
		for _, s := range uris {
			if u, err := url.Parse(s); err == nil && u.Scheme == "file" {
				paths = append(paths, u.Path)
			}
		}
		done(paths, err)
	}()
}
