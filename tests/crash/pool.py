"""Items spread over workers of which each takes one at a time."""
import concurrent.futures
import queue


def spread(workers, function, items):
    """[function(worker, item), ...] in the order of the items."""
    free = queue.Queue()
    for worker in workers:
        free.put(worker)

    def take(item):
        worker = free.get()
        try:
            return function(worker, item)
        finally:
            free.put(worker)

    with concurrent.futures.ThreadPoolExecutor(len(workers)) as pool:
        return list(pool.map(take, items))
