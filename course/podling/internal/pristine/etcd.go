package pristine

import (
	"context"
	"errors"
	"fmt"
	"time"

	mvccpb "go.etcd.io/etcd/api/v3/mvccpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// MaxTxnOps is etcd's limit for one transaction: a reset asks for all values
// that it must see in one.
const MaxTxnOps = 20000

// all is the range of every key.
const all = "\x00"

// Etcd is a connection for the time of one request to the keeper.
type Etcd struct {
	client *clientv3.Client
	socket string
}

// Dial makes a connection; whether etcd is there shows at the first question.
func Dial(socket string) (*Etcd, error) {
	client, err := clientv3.New(clientv3.Config{
		Endpoints: []string{"unix://" + socket}, Logger: zap.NewNop(), DialTimeout: time.Second,
	})
	if err != nil {
		return nil, fmt.Errorf("etcd at %s: %w", socket, err)
	}
	return &Etcd{client, socket}, nil
}

// Close ends the connection.
func (e *Etcd) Close() error { return e.client.Close() }

func (e *Etcd) keys(ctx context.Context) (*clientv3.GetResponse, error) {
	answer, err := e.client.Get(ctx, all, clientv3.WithFromKey(), clientv3.WithKeysOnly())
	return answer, e.said(err)
}

func (e *Etcd) everything(ctx context.Context) (*clientv3.GetResponse, error) {
	answer, err := e.client.Get(ctx, all, clientv3.WithFromKey())
	return answer, e.said(err)
}

// values reads keys at one revision; one that is gone meanwhile is left out.
func (e *Etcd) values(ctx context.Context, keys []string) (map[string]*mvccpb.KeyValue, error) {
	found := map[string]*mvccpb.KeyValue{}
	if len(keys) == 0 {
		return found, nil
	}
	var ops []clientv3.Op
	for _, key := range keys {
		ops = append(ops, clientv3.OpGet(key))
	}
	answer, err := e.client.Txn(ctx).Then(ops...).Commit()
	if err != nil {
		return nil, e.said(err)
	}
	for _, one := range answer.Responses {
		for _, kv := range one.GetResponseRange().Kvs {
			found[string(kv.Key)] = kv
		}
	}
	return found, nil
}

// write makes changes in their order, each in a revision of its own, as the
// apiserver does. A watch that is cut off goes on after the last revision that it
// has told of: what else that one changed, it would never tell.
func (e *Etcd) write(ctx context.Context, ops []clientv3.Op) error {
	for _, op := range ops {
		if _, err := e.client.Do(ctx, op); err != nil {
			return e.said(err)
		}
	}
	return nil
}

// compact forgets the history before a revision. The apiserver may have gone
// further already.
func (e *Etcd) compact(ctx context.Context, revision int64) error {
	_, err := e.client.Compact(ctx, revision)
	if errors.Is(err, rpctypes.ErrCompacted) {
		return nil
	}
	return e.said(err)
}

// said names etcd in an error: a deadline's own words do not say whose it is.
func (e *Etcd) said(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("etcd, at %s, did not answer as it must: %w", e.socket, err)
}
