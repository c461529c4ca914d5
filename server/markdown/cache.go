package markdown

import (
	"container/list"
	"sync"
)

// key names a rendering: by all that it is made from.
type key struct {
	text, files string
	kind        byte
}

// cache remembers the renderings that were asked for last, up to a number of bytes.
type cache struct {
	mu    sync.Mutex
	max   int
	used  int
	byKey map[key]*list.Element
	order *list.List // the last used first
}

type entry struct {
	key  key
	html string
}

func (e *entry) size() int { return len(e.key.text) + len(e.key.files) + len(e.html) + 200 }

func newCache(bytes int) *cache {
	return &cache{max: bytes, byKey: map[key]*list.Element{}, order: list.New()}
}

// get returns a rendering, made by make when it is not remembered. Two who ask at
// once may both make it, which is cheaper than to have one wait for the other.
func (c *cache) get(k key, render func() string) string {
	c.mu.Lock()
	if e := c.byKey[k]; e != nil {
		c.order.MoveToFront(e)
		c.mu.Unlock()
		return e.Value.(*entry).html
	}
	c.mu.Unlock()
	made := &entry{key: k, html: render()}
	if made.size() > c.max/8 {
		return made.html
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byKey[k] != nil {
		return made.html
	}
	c.byKey[k] = c.order.PushFront(made)
	c.used += made.size()
	for c.used > c.max {
		last := c.order.Back()
		old := c.order.Remove(last).(*entry)
		delete(c.byKey, old.key)
		c.used -= old.size()
	}
	return made.html
}
