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

// MaxTxnOps is etcd's limit for one transaction; a reset fits in one.
const MaxTxnOps = 20000

// maxTxnBytes is below etcd's limit for one request, 1.5 MB.
const maxTxnBytes = 1 << 20

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

// write makes changes in as few transactions as etcd's limits allow.
func (e *Etcd) write(ctx context.Context, ops []clientv3.Op) error {
	for len(ops) > 0 {
		n := fits(ops)
		if _, err := e.client.Txn(ctx).Then(ops[:n]...).Commit(); err != nil {
			return e.said(err)
		}
		ops = ops[n:]
	}
	return nil
}

// fits is how many of the operations go into one transaction; at least one.
func fits(ops []clientv3.Op) int {
	const perOp = 16 // what protobuf adds, at most
	size := 0
	for i, op := range ops {
		size += len(op.KeyBytes()) + len(op.RangeBytes()) + len(op.ValueBytes()) + perOp
		if i > 0 && (size > maxTxnBytes || i == MaxTxnOps) {
			return i
		}
	}
	return len(ops)
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
